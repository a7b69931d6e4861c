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
NEEDED = ("workflow_id", "status", "started_at", "completed_at")


@dataclass(frozen=True, slots=True)
class Draining:
    """A workflow behind its fence that still waits for executions of the old application."""

    source_id: str
    workflow: str
    organization: str


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
    ids = [] if is_stopped else [item.source_id for item in waiting]
    busy = _busy(connection, catalog, ids, now) if ids else frozenset()
    free = [item.workflow for item in waiting if item.source_id not in busy]
    connection.execute(sql("migration/cutover/drained"), {"workflows": free})
    return tuple(item for item in waiting if item.source_id in busy)


def _busy(connection: Connection, catalog: Catalog, ids: Sequence[str], now: datetime) -> frozenset[str]:
    """Which of these legacy workflows have an execution that was begun, has not ended and is not stuck."""
    columns = catalog.columns(EXECUTIONS)
    if any(name not in columns for name in NEEDED):
        return frozenset()
    statement = compose.SQL(
        "SELECT DISTINCT e.workflow_id::text FROM {} AS e WHERE e.workflow_id = ANY(%s::{}) "
        "AND e.status::text = ANY(%s) AND e.completed_at IS NULL AND e.started_at > %s"
    ).format(Named(catalog.schema, EXECUTIONS), array_of(columns["workflow_id"]))
    return frozenset(scalars(connection, statement, [list(ids), list(BEGUN), now - STUCK_AFTER]))
