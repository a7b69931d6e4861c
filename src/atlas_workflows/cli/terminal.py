"""What other people wrote, made fit for a terminal."""

import io
import re
import sys
from typing import Any, TextIO

# C0, DEL and C1 but tab and newline, and halves of surrogate pairs: what stands in a workflow's name must neither move
# the cursor nor end the command.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Defused:
    """A stream that shows control characters instead of sending them; rich, whose colours are its own, writes below it.

    In JSON the form they are shown in is an escape that means the same.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        return self.rich_proxied_file.write(visible(text))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def defuse_output() -> None:
    """From here on nothing that others wrote does anything to the terminal, however it is printed."""
    import rich.control

    for stream in (sys.stdout, sys.stderr):
        # Half an emoji is legal in JSON, and a terminal need not know every character; neither may end a command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = Defused(sys.stdout), Defused(sys.stderr)
    # rich makes every text by this table, which lets escape sequences pass.
    table: Any = rich.control._CONTROL_STRIP_TRANSLATE
    table.update({code: visible(chr(code)) for code in range(0xA0) if _CONTROLS.match(chr(code))})


def visible(text: str) -> str:
    """The text with every control character written out, as `\\u001b`."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_colours(text: str) -> str:
    """The text without the colours that a program gave it."""
    return _COLOURS.sub("", text)


def without_controls(text: str) -> str:
    """The text with every control character replaced by one that is seen."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
