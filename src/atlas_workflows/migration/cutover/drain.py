"""Waits for what the old application began before the fence; then events from after it are accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named, array_of
from atlas_workflows.db.rows import rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import Catalog

EXECUTIONS = "workflow_executions"
BEGUN = ("pending", "queued", "running", "started")
# The longest that the old application let an execution run (maxExecutionTime, 3600 s); older ones are stuck for good.
STUCK_AFTER = timedelta(hours=1)
NEEDED = ("workflow_id", "status")
# When it was begun, or where it only waits to be: when it was asked for.
SINCE = ("started_at", "created_at", "queued_at")


@dataclass(frozen=True, slots=True)
class Draining:
    """A workflow behind its fence that still waits for executions of the old application."""

    source_id: str
    workflow: str
    organization: str
    fenced_at: datetime


def settle_drains(
    connection: Connection,
    catalog: Catalog,
    organizations: Sequence[str] | None,
    now: datetime,
    *,
    is_stopped: bool = False,
) -> tuple[Draining, ...]:
    """Let those accept events that wait for nothing any more; returns the others. Safe to repeat at any time.

    `is_stopped`: the old application was stopped for good, so nothing of it runs any more, whatever its rows say.
    """
    given = {"organizations": None if organizations is None else list(organizations)}
    waiting = rows(connection, Draining, sql("migration/cutover/draining"), given)
    if not waiting:
        return ()
    busy = frozenset() if is_stopped else _busy(connection, catalog, waiting, now)
    free = [item.workflow for item in waiting if item.source_id not in busy]
    connection.execute(sql("migration/cutover/drained"), {"workflows": free})
    return tuple(item for item in waiting if item.source_id in busy)


def _busy(
    connection: Connection, catalog: Catalog, waiting: Sequence[Draining], now: datetime
) -> frozenset[str]:
    """Which of these legacy workflows have an execution that was begun, has not ended and is not stuck."""
    columns = catalog.columns(EXECUTIONS)
    if any(name not in columns for name in NEEDED):
        return frozenset()
    since = [Named("e", name) for name in SINCE if name in columns]
    open_ones = compose.SQL("AND e.completed_at IS NULL " if "completed_at" in columns else "")
    # One of which no time is known is not older than the fence, as far as anybody can tell.
    statement = compose.SQL(
        "SELECT DISTINCT e.workflow_id::text FROM {} AS e JOIN unnest(%s::{}, %s::timestamptz[]) AS w (id, fenced_at) "
        "ON e.workflow_id = w.id WHERE e.status::text = ANY(%s) {}AND coalesce({}) > %s"
    ).format(
        Named(catalog.schema, EXECUTIONS),
        array_of(columns["workflow_id"]),
        open_ones,
        compose.SQL(", ").join(
            [*(compose.SQL("{}::timestamptz").format(name) for name in since), compose.SQL("w.fenced_at")]
        ),
    )
    ids, fences = [item.source_id for item in waiting], [item.fenced_at for item in waiting]
    return frozenset(scalars(connection, statement, [ids, fences, list(BEGUN), now - STUCK_AFTER]))
