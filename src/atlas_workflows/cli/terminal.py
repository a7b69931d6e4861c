"""What other people wrote, made fit for a terminal."""

import re
import textwrap

# C0, DEL and C1 but tab and newline, and halves of surrogate pairs: what stands in a workflow's name must neither move
# the cursor nor end the command.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def without_controls(text: str) -> str:
    """The text with every control character replaced by one that is seen."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def filled(text: str, *, indent: int = 0, hanging: int = 0, width: int = 80) -> str:
    """The text in lines of 80 columns; ids, codes and paths stay whole, for they are there to be copied."""
    begin = " " * indent
    return textwrap.fill(
        without_controls(text), width, initial_indent=begin, subsequent_indent=begin + " " * hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
