"""Drops whole partitions of executions, steps and logs whose time is over, with what is kept beside them; nothing live or migrated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import act_as_migration
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
AT_ONCE = 2_000  # executions whose effects and enrolments go in one transaction
DRAFTS = timedelta(
    days=30
)  # for so long earlier revisions of drafts are kept; those edited forget by themselves
AUDIENCES_AT_ONCE = 5  # occurrences of audiences, of which each may have found tens of thousands
NOBODY = "00000000-0000-0000-0000-000000000000"
IN_USE = (errors.LockNotAvailable, errors.DeadlockDetected)


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long what has ended is kept."""

    executions: timedelta
    logs: timedelta

    def of(self, table: str) -> timedelta:
        return self.logs if table == LOGS else self.executions


@dataclass(frozen=True, slots=True)
class Beside:
    """How many rows of other tables went along with a day's executions."""

    effects: int = 0
    crm_writes: int = 0
    enrolments: int = 0

    def __add__(self, other: "Beside") -> "Beside":
        return Beside(
            self.effects + other.effects,
            self.crm_writes + other.crm_writes,
            self.enrolments + other.enrolments,
        )


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition whose time is over. `kept` says why it stays; None where it goes, or went."""

    table: str
    name: str
    low: datetime
    high: datetime
    kept: str | None
    beside: Beside = Beside()


@dataclass(frozen=True, slots=True)
class _Span:
    name: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class _Holds:
    migrated: bool
    live: bool


@dataclass(frozen=True, slots=True)
class _Bite:
    after: str | None
    effects: int
    crm_writes: int
    enrolments: int


def sweep(connection: Connection, keep: Keep, now: datetime, by: By | None) -> Iterator[Partition]:
    """Look at every partition whose time is over and drop those that nothing keeps; with `by` None only look.

    Needs an autocommit session. With the executions of a day goes what they did and entered by, bite by bite before it.
    """
    act_as_migration(connection)
    if by is not None:
        _forget_audiences(connection, now - keep.executions)
        connection.execute(sql("engine/forget_draft_revisions"), {"before": now - DRAFTS})
    for table in TABLES:
        given = {"table": table, "before": now - keep.of(table)}
        for span in rows(connection, _Span, sql("engine/old_partitions"), given):
            yield _swept(connection, table, span, by)


def _forget_audiences(connection: Connection, before: datetime) -> None:
    given = {"before": before, "limit": AUDIENCES_AT_ONCE}
    while connection.execute(sql("engine/forget_audiences"), given).rowcount:
        pass


def _swept(connection: Connection, table: str, span: _Span, by: By | None) -> Partition:
    beside = Beside()
    try:
        kept = _closed(connection, table, span, by)
        if kept is None and by is not None:
            beside = _forget_beside(connection, span) if table == EXECUTIONS else beside
            kept = _dropped(connection, table, span, by)
    except IN_USE:
        kept = "It is in use at the moment; the next sweep takes it."
    return Partition(table, span.name, span.low, span.high, kept, beside)


def _closed(connection: Connection, table: str, span: _Span, by: By | None) -> str | None:
    """Why a partition stays; where it does not, none of its failed executions can go on any more."""
    with connection.transaction():
        if by is not None:
            _hold_replays(connection)
        kept = _kept(connection, table, span)
        if kept is None and by is not None and table == EXECUTIONS:
            connection.execute(sql("engine/forget_dead_letters"), {"low": span.low, "high": span.high})
    return kept


def _hold_replays(connection: Connection) -> None:
    # Nobody waits behind a lock that a long reader holds up.
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    connection.execute(sql("engine/hold_replays"))


def _kept(connection: Connection, table: str, span: _Span) -> str | None:
    statement = sql("engine/partition_holds").format(
        partition=compose.Identifier("atlas", span.name), execution=compose.Identifier(TABLES[table])
    )
    holds = one(connection, _Holds, statement, {"high": span.high})
    if holds is None or holds.migrated:
        return "It holds what was migrated, which certificates speak of."
    return "An execution is live that began in it or before." if holds.live else None


def _forget_beside(connection: Connection, span: _Span) -> Beside:
    statement = sql("engine/forget_beside").format(partition=compose.Identifier("atlas", span.name))
    found, after = Beside(), NOBODY
    while True:
        bite = one(connection, _Bite, statement, {"after": after, "limit": AT_ONCE})
        if bite is None or bite.after is None:
            return found
        found, after = found + Beside(bite.effects, bite.crm_writes, bite.enrolments), bite.after


def _dropped(connection: Connection, table: str, span: _Span, by: By) -> str | None:
    with connection.transaction():
        _hold_replays(connection)
        kept = _kept(connection, table, span)
        if kept is None:
            connection.execute(compose.SQL("DROP TABLE {}").format(compose.Identifier("atlas", span.name)))
            about = Subject(table, span.name)
            record(connection, about, actor=by.actor, action="drop_partition", reason=by.reason)
    return kept
