"""Folders that a backup, a restore or a proof works in: held by a lock, so that only those of dead processes are cleared away."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
# A restore of an encrypted backup decrypts into such a folder: plain text that must not stay.
RESTORING = ".restore-"
# A proof without the right to make databases has a server of its own in such a folder.
SERVING = ".server-"
# Below ATLAS_HOME.
BACKUPS, PROOFS = "backups", "verify"


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


def clear_folders(*folders: Path) -> None:
    """Remove what dead processes left in these folders; what may not be removed stays."""
    for folder in folders:
        try:
            with _held(folder):
                _clear(folder)
        except OSError:
            continue  # it is not there, or somebody else's


def folders_below(home: Path) -> tuple[Path, Path]:
    """Where backups and proofs work."""
    return home / BACKUPS, home / PROOFS


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One process at a time makes or clears, so that none clears what another has made but not locked yet."""
    descriptor = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    for remains in (path for kind in _KINDS for path in folder.glob(kind)):
        try:
            descriptor = _lock(remains, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # somebody works there, or has just gone
        if remains.name.startswith(SERVING):
            _stop_server(remains)
        shutil.rmtree(remains, ignore_errors=True)
        os.close(descriptor)


_KINDS = (f"*{PARTIAL}", f"{RESTORING}*", f"{SERVING}*")


def server_data(folder: Path) -> Path:
    """Where in a proof's folder its server keeps its data."""
    return folder / "data"


def _stop_server(folder: Path) -> None:
    from atlas_workflows.db.server import EmbeddedServer

    server = EmbeddedServer(server_data(folder))
    server.stop(mode="immediate")
    shutil.rmtree(server.data_dir, ignore_errors=True)  # for root it may lie elsewhere


def _lock(folder: Path, how: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
