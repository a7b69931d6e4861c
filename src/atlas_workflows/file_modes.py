"""Who may read reports and logs: their owner and the group, nobody else. Files with secrets have modes of their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

READABLE, ENTERED, MASK = 0o640, 0o750, 0o027


@contextmanager
def for_owner_and_group() -> Iterator[None]:
    """What is made in the block, by this process and by those it starts, is closed to others."""
    before = os.umask(MASK)
    os.umask(before | MASK)
    try:
        yield
    finally:
        os.umask(before)


def open_log(file: Path) -> BinaryIO:
    """To append to; one that was open to others is closed to them. Makes the folder."""
    file.parent.mkdir(mode=ENTERED, parents=True, exist_ok=True)
    log = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, READABLE), "ab")
    close_to_others(file)
    return log


def close_to_others(file: Path) -> None:
    """Take others' rights away; a file of somebody else stays as it is."""
    try:
        file.chmod(file.stat().st_mode & 0o777 & ~MASK)
    except OSError:
        return
