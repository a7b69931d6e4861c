"""Where the tests' servers keep their data: in memory where the machine has enough of it, else on the disk.

A database copied from a template is 12 MB in 650 files. On a disk that other work keeps busy the copy cost 140 to 850 ms of
processor time, nearly all of it the kernel's; in memory 55 to 110 ms.
"""

import shutil
import sys
from functools import cache
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
# Two workers with four servers each: 40 MB and at most 256 MB of WAL apiece, and the databases that their tests have or leave.
ROOM = 8 << 30


@cache
def roomy_memory() -> Path | None:
    """A folder in memory with room for the tests' servers; None (the usual place) where there is none, as in most containers."""
    if not sys.platform.startswith("linux") or not MEMORY.is_dir():
        return None
    kind = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}.get(str(MEMORY))
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return MEMORY if kind == "tmpfs" and room >= ROOM else None
