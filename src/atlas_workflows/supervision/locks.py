"""File locks: the kernel lets go of them when their holder dies, however it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Hold the lock while the block runs, waiting for it first."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def hold_if_free(file: Path) -> Iterator[bool]:
    """Hold the lock while the block runs if nobody else does; yields whether we got it."""
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def is_held(file: Path) -> bool:
    """Whether a living process holds it."""
    if not file.exists():
        return False
    with hold_if_free(file) as free:
        return not free
