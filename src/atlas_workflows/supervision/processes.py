"""Start a program in a session of its own, find what belongs to it, and end all of it."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from atlas_workflows.file_modes import MASK, open_log

LOG_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `port` is the one it listens on, if any; `env` holds secrets and stays out of repr.

    `waits_for` says in words what it cannot be started without yet, None where nothing is missing. `grace` is how long it
    may take to end, where that is not what all others have. `at_port` makes the same program for another port, where the
    port may have been taken by somebody else by the time that it is started.
    """

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = field(repr=False)
    log: Path
    port: int | None = None
    waits_for: Callable[[], str | None] | None = field(default=None, repr=False)
    grace: float | None = None
    at_port: "Callable[[int], Program] | None" = field(default=None, repr=False)


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start it detached from our terminal, output appended to its log. Raises OSError."""
    if program.log.exists() and program.log.stat().st_size > LOG_LIMIT:
        program.log.replace(program.log.with_suffix(".log.1"))
    with open_log(program.log) as log:
        return subprocess.Popen(
            program.argv, env=program.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, cwd=program.log.parent, umask=MASK,
        )  # fmt: skip


def created_at(pid: int) -> float | None:
    """When the process with this pid began (seconds since the epoch), or None if there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def members(leader: int, created: float) -> list[psutil.Process]:
    """Every living process of the session that `leader` began at `created`, its descendants included.

    A pid that was given to somebody else since is recognised by its start and left alone.
    """
    now = created_at(leader)
    if now is not None and abs(now - created) > 1:
        return []
    found = {process.pid: process for process in psutil.process_iter() if _session(process.pid) == leader}
    for process in tuple(found.values()):
        try:
            found |= {child.pid: child for child in process.children(recursive=True)}
        except psutil.Error:
            continue
    return [process for process in found.values() if _began_after(process, created)]


def end(leader: int, created: float, *, grace: float) -> None:
    """Ask the leader to end, wait up to `grace` seconds for all of its session, then kill what is left."""
    family = members(leader, created)
    for process in family:
        if process.pid == leader:
            _quietly(process.terminate)
    _, alive = psutil.wait_procs(family, timeout=grace)
    late = members(leader, created)
    for process in {*alive, *late}:
        _quietly(process.kill)
    psutil.wait_procs([*alive, *late], timeout=5)


def listens(port: int, leader: int, created: float) -> bool:
    """Whether it is the program's own session that listens on `port`, and not somebody else's server."""
    for process in members(leader, created):
        try:
            sockets = process.net_connections(kind="inet")
        except psutil.Error:
            continue
        if any(item.status == psutil.CONN_LISTEN and item.laddr.port == port for item in sockets):
            return True
    return False


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _began_after(process: psutil.Process, created: float) -> bool:
    try:
        return process.create_time() >= created - 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _quietly(signal: object) -> None:
    try:
        signal()  # type: ignore[operator]
    except psutil.Error:
        return
