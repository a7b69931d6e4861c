"""Rows packed into the report's page, one after another, so that a page of many thousands stays small."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from atlas_workflows.exact_json import dumps

PART_ROWS = 200
GZIP = 31  # zlib's word for its largest window and a gzip header


class Packed:
    """A JSON array as gzip in base64: a browser unpacks it by itself, and nothing in it can end its element."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(wbits=GZIP)
        self._parts = [self._packer.compress(b"[")]
        self.rows = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row."""
        self._parts.append(self._packer.compress((b",\n" if self.rows else b"") + dumps(row)))
        self.rows += 1

    def text(self) -> str:
        """The whole; nothing can be added after it."""
        self._parts += [self._packer.compress(b"]"), self._packer.flush()]
        return b64encode(b"".join(self._parts)).decode("ascii")


class PackedInParts:
    """Rows packed a few hundred at a time, a line each, so that a page unpacks only those that somebody opens."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open = Packed()

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row."""
        self._open.add(row)
        if self._open.rows == PART_ROWS:
            self._done.append(self._open.text())
            self._open = Packed()

    def text(self) -> str:
        """The whole; nothing can be added after it."""
        return "\n".join([*self._done, *([self._open.text()] if self._open.rows else [])])
