"""Session locks that keep two runs of a phase, or two workers on one range, from colliding. A dead holder frees them."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phase import Phase


@contextmanager
def phase_lock(connection: Connection, phase: str) -> Iterator[None]:
    """Only one process drives a phase. Raises PhaseRefused at once when another one does."""
    _take(connection, "try_lock", phase)
    try:
        yield
    finally:
        _unlock(connection, _phase_key(phase))


@contextmanager
def driving(connection: Connection, phase: Phase) -> Iterator[None]:
    """Only this process drives the phase, and nobody rolls back or sweeps a phase that it stands on meanwhile.

    Raises PhaseRefused at once where another process is in the way.
    """
    with ExitStack() as locks:
        for before in phase.earlier:
            locks.enter_context(_shared_lock(connection, before.name))
        locks.enter_context(phase_lock(connection, phase.name))
        yield


@contextmanager
def phases_locked(connection: Connection, phases: Iterable[Phase]) -> Iterator[None]:
    """None of these phases is at work meanwhile. Raises PhaseRefused at once where one is."""
    with ExitStack() as locks:
        for phase in phases:
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


@contextmanager
def _shared_lock(connection: Connection, phase: str) -> Iterator[None]:
    _take(connection, "try_shared_lock", phase)
    try:
        yield
    finally:
        _unlock(connection, _phase_key(phase), "pg_advisory_unlock_shared")


def _take(connection: Connection, statement: str, phase: str) -> None:
    if not scalar(connection, sql(f"migration/runs/{statement}"), {"name": _phase_key(phase)}):
        raise PhaseRefused(
            f"Another process is at work on phase {phase} in this database.",
            remedy="Wait for it (`atlas migrate status`), or pause it with `atlas migrate pause`.",
        )


def _phase_key(phase: str) -> str:
    return f"atlas phase {phase}"


def _unlock(connection: Connection, name: str, function: str = "pg_advisory_unlock") -> None:
    if not connection.closed and not connection.broken:
        unlock = compose.SQL("SELECT {}(hashtextextended(%s, 0))").format(compose.Identifier(function))
        connection.execute(unlock, [name])
