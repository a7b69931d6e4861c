"""PostgreSQL's binaries for an account that cannot enter the environment they are installed in: a copy of their own.

As root the server runs under a system account; a clone under root's home (mode 0700) shuts that account out.
"""

import fcntl
import hashlib
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution
from pathlib import Path

OPEN_FOLDER, OPEN_FILE = 0o755, 0o644


def readable_copy(binaries: Path, package: Distribution, place: Path) -> Path:
    """The folder `binaries` of the package as a copy under `place`, with the libraries the wheel brings along.

    A copy is named after the wheel's list of files and their hashes, and appears as a whole or not at all: another wheel
    gets another copy, and several servers may start at once. One that is there is never touched, as a server may run on it.
    """
    site = Path(str(package.locate_file("")))
    files = package.read_text("RECORD") or ""
    install = binaries.parent.relative_to(site)
    copy = place / f"{install.name}-{hashlib.sha256(files.encode()).hexdigest()[:16]}"
    if not copy.is_dir():
        make_open_folder(place)
        with _held(place / f"{copy.name}.lock"):
            _copy_once(_needed(package, install), site, copy)
    return copy / binaries.relative_to(site)


def is_reachable(path: Path) -> bool:
    """Whether every account may enter the folders above `path`; a link counts with what it points to."""
    folders = {*path.parents, *path.resolve().parents}
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders if folder.is_dir())


def is_runnable(program: Path) -> bool:
    """Whether every account may reach and run `program`."""
    wanted = stat.S_IROTH | stat.S_IXOTH
    return is_reachable(program) and program.stat().st_mode & wanted == wanted


def make_open_folder(folder: Path) -> None:
    """Make it and what is missing above it, so that every account may enter whatever our umask."""
    if folder.is_dir():
        return
    make_open_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(OPEN_FOLDER)


def _needed(package: Distribution, install: Path) -> list[Path]:
    """The package's files without those of another major version beside `install`; the libraries lie outside of both."""
    listed = [Path(str(file)) for file in package.files or ()]
    return [
        file
        for file in listed
        if ".." not in file.parts
        and (install in file.parents or not file.is_relative_to(install.parent))
        and not file.parts[0].endswith(".dist-info")
    ]


def _copy_once(files: list[Path], site: Path, copy: Path) -> None:
    if copy.is_dir():
        return  # whoever held the lock before us made it
    making = copy.with_name(f"{copy.name}.part")
    shutil.rmtree(making, ignore_errors=True)  # of a process that was killed
    for file in files:
        target = making / file
        make_open_folder(target.parent)
        shutil.copyfile(site / file, target)
        is_program = (site / file).stat().st_mode & stat.S_IXUSR
        target.chmod(OPEN_FOLDER if is_program else OPEN_FILE)
    making.rename(copy)


@contextmanager
def _held(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
