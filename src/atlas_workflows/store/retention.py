"""Drops whole partitions of executions, steps and logs whose time is over; nothing live, and nothing that was migrated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.steering import By

EXECUTIONS = "workflow_executions"
TABLES = {
    EXECUTIONS: "id",
    "workflow_execution_steps": "execution_id",
    "workflow_execution_logs": "execution_id",
}
LOGS = "workflow_execution_logs"
LOCK_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long what has ended is kept."""

    executions: timedelta
    logs: timedelta

    def of(self, table: str) -> timedelta:
        return self.logs if table == LOGS else self.executions


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition whose time is over. `kept` says why it stays; None where it goes, or went."""

    table: str
    name: str
    low: datetime
    high: datetime
    kept: str | None


@dataclass(frozen=True, slots=True)
class _Span:
    name: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class _Holds:
    migrated: bool
    live: bool


def sweep(connection: Connection, keep: Keep, now: datetime, by: By | None) -> Iterator[Partition]:
    """Look at every partition whose time is over and drop those that nothing keeps; with `by` None only look."""
    for table in TABLES:
        given = {"table": table, "before": now - keep.of(table)}
        for span in rows(connection, _Span, sql("engine/old_partitions"), given):
            yield _swept(connection, table, span, by)


def _swept(connection: Connection, table: str, span: _Span, by: By | None) -> Partition:
    try:
        with connection.transaction():
            kept = _kept(connection, table, span)
            if kept is None and by is not None:
                _drop(connection, table, span, by)
    except errors.LockNotAvailable:
        kept = "It is in use at the moment; the next sweep takes it."
    return Partition(table, span.name, span.low, span.high, kept)


def _kept(connection: Connection, table: str, span: _Span) -> str | None:
    statement = sql("engine/partition_holds").format(
        partition=compose.Identifier("atlas", span.name), execution=compose.Identifier(TABLES[table])
    )
    holds = one(connection, _Holds, statement, {"high": span.high})
    if holds is None or holds.migrated:
        return "It holds what was migrated, which certificates speak of."
    return "An execution is live that began in it or before." if holds.live else None


def _drop(connection: Connection, table: str, span: _Span, by: By) -> None:
    # Nobody waits behind a lock that a long reader holds up.
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    connection.execute(compose.SQL("DROP TABLE {}").format(compose.Identifier("atlas", span.name)))
    if table == EXECUTIONS:
        connection.execute(sql("engine/forget_dead_letters"), {"low": span.low, "high": span.high})
    record(connection, Subject(table, span.name), actor=by.actor, action="drop_partition", reason=by.reason)
