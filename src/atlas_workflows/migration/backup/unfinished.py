"""Folders that a backup or a restore works in: held by a lock, so that only those of dead processes are cleared away."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
# A restore of an encrypted backup decrypts into such a folder: plain text that must not stay.
RESTORING = ".restore-"


@contextmanager
def work_folder(path: Path) -> Iterator[Path]:
    """Make `path` and hold it for the time of the block; folders beside it that nobody holds any more go first.

    A lock goes with its process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(path.parent):
        _clear(path.parent)
        path.mkdir(mode=0o700)
        descriptor = _lock(path, fcntl.LOCK_EX)
    try:
        yield path
    finally:
        os.close(descriptor)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One process at a time makes or clears, so that none clears what another has made but not locked yet."""
    descriptor = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    for remains in (*folder.glob(f"*{PARTIAL}"), *folder.glob(f"{RESTORING}*")):
        try:
            descriptor = _lock(remains, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # somebody works there, or has just gone
        shutil.rmtree(remains, ignore_errors=True)
        os.close(descriptor)


def _lock(folder: Path, how: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
