"""Locks on files and folders: the kernel lets go of them when their holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs, waiting for it first; a file that is not there is made."""
    with _opened(path, os.O_CREAT) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def hold_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock while the block runs if nobody else does; yields whether we got it."""
    with _opened(path, os.O_CREAT) as descriptor:
        yield _taken(descriptor, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Whether a living process holds it; what may not be opened counts as held. Asking makes no file."""
    try:
        # Shared, so that two who ask at the same time do not take each other for the holder.
        with _opened(path) as descriptor:
            return not _taken(descriptor, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False
    except OSError:
        return True


@contextmanager
def _opened(path: Path, making: int = 0) -> Iterator[int]:
    flags = os.O_RDONLY if path.is_dir() else os.O_RDONLY | making
    descriptor = os.open(path, flags, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
