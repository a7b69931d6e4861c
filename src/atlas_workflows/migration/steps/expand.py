"""Step `expand`: schema, partitions, membership view, and the capture triggers, all before the first row is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, scalar
from atlas_workflows.db.schema import current, upgrade
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.capture import (
    Capture,
    captured_tables,
    install_capture,
    remove_capture,
)
from atlas_workflows.migration.movement.source import Source, survey
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import Rollback, Undo, Undone
from atlas_workflows.site import Progress

# Sealed values that were entered here rather than found in a legacy row name no phase.
SECRETS = "secrets"
PARTITIONED_BY = {"workflow_executions": "started_at", "workflow_execution_steps": "started_at"}


@dataclass(frozen=True, slots=True)
class Months:
    """The first and the last plausible start in the legacy executions; None without any."""

    first: datetime | date | None
    last: datetime | date | None


def run(context: PhaseContext) -> StepResult:
    """Bring the schema to its newest revision and install capture; safe to repeat."""
    upgrade(context.dsn)
    with context.connect("expand", autocommit=True) as connection:
        source = survey(connection, context.scope, context.options)
        context.progress(Progress("expand", "capture triggers", 0, len(source.tables)))
        captures = install_capture(connection, source.tables)
        act_as_migration(connection)
        summary = {
            "revision": current(context.dsn),
            "shape": source.shape.letter,
            "partitions": _make_partitions(connection, source),
            "membership_tables": scalar(connection, sql("migration/steps/rebuild_principals")),
            **capture_summary(captures),
        }
    return StepResult(StepStatus.PASSED, summary)


def capture_summary(captures: Sequence[Capture]) -> dict[str, Any]:
    """For people: what is captured how, and which tables only the hash sweep watches."""
    return {
        "captured": [item.table for item in captures if item.is_captured],
        "captured_except_replicated_rows": [
            item.table for item in captures if item.is_captured and not item.always
        ],
        "swept_only": {item.table: item.why for item in captures if not item.is_captured},
    }


def _make_partitions(connection: Connection, source: Source) -> int:
    made = 0
    for table, column in PARTITIONED_BY.items():
        months = _months(connection, source, column)
        if months is not None and months.first is not None:
            parameters = {"table": table, "first": months.first, "last": months.last}
            made += scalar(connection, sql("migration/steps/ensure_partitions"), parameters)
    return made


def _months(connection: Connection, source: Source, column: str) -> Months | None:
    """Odd dates are left out; they stay in the default partition."""
    if column not in source.catalog.columns("workflow_executions"):
        return None
    statement = sql("migration/steps/execution_months").format(
        table=compose.Identifier(source.catalog.schema, "workflow_executions"),
        column=compose.Identifier(column),
    )
    return one(connection, Months, statement)


def count_born(rollback: Rollback) -> Undone:
    """What was born in the tables and not moved there, as `remove_born` would take it away."""
    if not rollback.phase.is_first:
        return Undone()
    born = {table: rollback.count("born", table) for table in rollback.target.traced}
    return Undone(born | {SECRETS: rollback.count("secrets", SECRETS, of_phase=None)}, born)


def remove_born(rollback: Rollback) -> Undone:
    """Archive and remove what was born here; only the first phase does, since the later ones work on its tables."""
    if not rollback.phase.is_first:
        return Undone()
    traced = rollback.target.traced
    archived = {table: rollback.change("archive_born", table) for table in traced}
    removed = {table: rollback.delete("born", table) for table in traced}
    removed[SECRETS] = rollback.delete("secrets", SECRETS, of_phase=None)
    return Undone(removed, archived)


def stop_capture(rollback: Rollback) -> None:
    """Nobody needs the changes once no phase is applied to anybody."""
    if rollback.number("organizations_standing", "organization_phases") == 0:
        remove_capture(rollback.connection, [item.table for item in captured_tables(rollback.connection)])


STEP = StepKind(
    "expand",
    "Lay down the schema and start capturing changes",
    run,
    undo=Undo(count_born, remove_born, afterwards=stop_capture),
    dry_run=Skips("a dry run writes nothing"),
    continues=True,
    repeats=True,
)
