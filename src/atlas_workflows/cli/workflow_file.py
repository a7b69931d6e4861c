"""Reading a file that a person names: bounded, and every way in which it can be wrong is one clear message."""

import sys
from pathlib import Path
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError, InvalidJson

MAX_FILE_BYTES = 64 * 2**20


class UnreadableFile(InputError):
    """The file cannot be read, is too large, or is no JSON."""

    exit_code = 2


def read_document(file: Path) -> Any:
    """The JSON document in a file (`-` is standard input). Raises UnreadableFile."""
    return decode(read_bytes(file), file)


def read_bytes(file: Path) -> bytes:
    """At most MAX_FILE_BYTES of a file. Raises UnreadableFile."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as cause:
        fact = f"{file} cannot be read: {cause.strerror or cause}."
        raise UnreadableFile(fact, remedy="Check the path and its permissions.") from cause
    if len(content) > MAX_FILE_BYTES:
        fact = f"{file} is larger than {MAX_FILE_BYTES // 2**20} MB."
        raise UnreadableFile(fact, remedy="A workflow is far smaller; check that this is the right file.")
    return content


def decode(content: bytes, source: Path | str) -> Any:
    """The JSON in some bytes. Raises UnreadableFile naming `source`."""
    try:
        return exact_json.loads_unambiguous(content.removeprefix(b"\xef\xbb\xbf"))
    except InvalidJson as error:
        raise UnreadableFile(f"{source}: {error.fact}", remedy=error.remedy) from error
    except UnicodeDecodeError as cause:
        raise UnreadableFile(f"{source} is not a text file.", remedy="Give a JSON file in UTF-8.") from cause
