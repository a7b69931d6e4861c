"""CPU seconds out of /proc: of a process, of one with all below it, and of what else runs on the machine."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds up to now: the server's, the database's with all its processes, and the whole machine's."""

    server: float
    database: float
    machine: float


def spent(server: int, database: int) -> Spent:
    """Both by process id."""
    return Spent(_of(server), _tree(database), _machine())


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _of(pid: int) -> float:
    user, system = _fields(pid)[11:13]
    return (int(user) + int(system)) / TICKS


def _tree(root: int) -> float:
    """The process, those that ended below it, and its children that live."""
    found = _fields(root)
    ticks = sum(int(each) for each in found[11:15])
    for child in Path(f"/proc/{root}/task/{root}/children").read_text().split():
        try:
            ticks += sum(int(each) for each in _fields(int(child))[11:15])
        except FileNotFoundError:  # ended meanwhile; it is in its parent's sum at the next look
            continue
    return ticks / TICKS


def _machine() -> float:
    """User, nice, system, interrupts and what other machines took from this one."""
    numbers = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(numbers[:3]) + sum(numbers[5:8])) / TICKS
