"""Session locks that keep two runs of a phase, or two workers on one range, from colliding. A dead holder frees them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phase import all_phases


@contextmanager
def phase_lock(connection: Connection, phase: str) -> Iterator[None]:
    """Only one process drives a phase. Raises PhaseRefused at once when another one does."""
    row = connection.execute(sql("migration/runs/try_lock"), {"name": _phase_key(phase)}).fetchone()
    if row is None or not row[0]:
        raise PhaseRefused(
            f"Another process is at work on phase {phase} in this database.",
            remedy="Wait for it (`atlas migrate status`), or pause it with `atlas migrate pause`.",
        )
    try:
        yield
    finally:
        _unlock(connection, _phase_key(phase))


@contextmanager
def all_phases_locked(connection: Connection) -> Iterator[None]:
    """No phase is at work meanwhile. Raises PhaseRefused at once where one is."""
    with ExitStack() as locks:
        for phase in all_phases():
            locks.enter_context(phase_lock(connection, phase.name))
        yield


@contextmanager
def range_lock(connection: Connection, key: str) -> Iterator[None]:
    """Only one worker reads a range; waits for the one that has it (a worker that outlived its parent ends soon)."""
    name = f"atlas range {key}"
    connection.execute(sql("migration/runs/wait_lock"), {"name": name})
    try:
        yield
    finally:
        _unlock(connection, name)


def _phase_key(phase: str) -> str:
    return f"atlas phase {phase}"


def _unlock(connection: Connection, name: str) -> None:
    if not connection.closed and not connection.broken:
        connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
