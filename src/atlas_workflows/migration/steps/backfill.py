"""Step `backfill`: every row moves, then what changed meanwhile is taken up until hardly anything waits."""

from collections.abc import Iterable, Mapping
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.forecasts import store_forecasts
from atlas_workflows.migration.evidence.gather import make_sure
from atlas_workflows.migration.ledger.edited import archive_workflows, edited_workflows
from atlas_workflows.migration.movement.analytics import rebuild_analytics
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.capture import captured_tables
from atlas_workflows.migration.movement.catch_up import catch_up, take_deletions
from atlas_workflows.migration.movement.dry_run import rehearse_in_memory
from atlas_workflows.migration.movement.planning import RangeProgress, planned_ranges
from atlas_workflows.migration.movement.source import Source, survey
from atlas_workflows.migration.movement.sweep import sweep_table
from atlas_workflows.migration.movement.target import gather_statistics
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.movement.workers import work_ranges
from atlas_workflows.migration.pace.progress import Tracker
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import Rollback, Undo, Undone

# Sealed values go with the rows that refer to them; they have no source columns of their own.
SECRETS = "secrets"
# A table without a capture trigger is read again until a pass finds next to nothing new.
MOST_SWEEPS = 3
QUIET_ROWS = 20


def run(context: PhaseContext) -> StepResult:
    """Work through all ranges that are not finished, then catch up. A dry run translates without writing."""
    if not context.persistent:
        findings = rehearse_in_memory(context)
        context.shared["findings"] = findings
        return StepResult(
            summary={"would_be": {table: dict(item) for table, item in findings.counts.items()}}
        )
    make_sure(context)
    with context.connect("backfill", autocommit=True) as connection:
        before = _written(connection)
        source = survey(connection, context.scope, context.options)
        ranges = planned_ranges(connection, source, context.run_id, context.options.workers, context.now())
        tracker = Tracker(context, connection)
        open_ranges = [each.range for each in ranges if not each.is_finished]
        work_ranges(context, source, open_ranges, tracker.poll)
        with at_work(context, source) as worker:
            summary = _settle(worker, uncaptured(connection, source), ranges)
            summary["forecasts"] = store_forecasts(worker.writer)
        tracker.poll()
        summary |= _cost(connection, before) | {"set_wise": _set_wise(connection, context)}
    return StepResult(StepStatus.PASSED, summary)


def _written(connection: Connection) -> dict[str, Any]:
    found: dict[str, Any] | None = one(connection, dict, sql("migration/movement/written_so_far"))
    return found or {}


def _cost(connection: Connection, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the step cost the server: bytes of its log, of which everybody's part is counted. Beside it the dead rows that each table
    holds now, those of before among them: a vacuum meanwhile would make a difference tell nothing."""
    now = _written(connection)
    return {"wal_bytes": now["wal"] - before["wal"], "dead_rows": now["dead_rows"]}


def _set_wise(connection: Connection, context: PhaseContext) -> dict[str, dict[str, int]]:
    """Per table of which some rows moved inside the database: how many of all."""
    parameters = {"run_id": context.run_id}
    found = connection.execute(sql("migration/movement/set_wise_rows"), parameters).fetchall()
    return {table: {"rows": total, "set_wise": moved} for table, total, moved in found}


def uncaptured(connection: Connection, source: Source) -> tuple[str, ...]:
    """Tables whose changes no trigger notes."""
    captured = {item.table for item in captured_tables(connection) if item.is_captured}
    return tuple(table.table for table in source.tables if table.table not in captured)


def _settle(worker: Worker, unseen: Iterable[str], ranges: Iterable[RangeProgress]) -> dict[str, Any]:
    swept = {name: _sweep(worker, name) for name in unseen}
    deleted = take_deletions(worker)
    caught = catch_up(worker)
    gather_statistics(worker.writer)
    return {
        "rows": sum(each.range.rows for each in ranges),
        "captured": {"written": caught.written, "removed": caught.removed, "waiting": caught.waiting},
        "deleted_at_source": deleted,
        "swept_without_trigger": swept,
        "hours_of_analytics": rebuild_analytics(worker),
    }


def _sweep(worker: Worker, name: str) -> int:
    written = 0
    for _ in range(MOST_SWEEPS):
        swept = sweep_table(worker, worker.source.table(name))
        written += swept.written
        if swept.written <= QUIET_ROWS:
            break
    return written


def count_moved(rollback: Rollback) -> Undone:
    """What this phase made of source rows, and which of its workflows were edited since, as `remove_moved` would."""
    removed = {table: rollback.count("moved", table) for table in rollback.target.traced}
    removed[SECRETS] = rollback.count("secrets", SECRETS, of_phase=rollback.phase.name)
    return Undone(removed, {"workflows": len(_edited(rollback))})


def remove_moved(rollback: Rollback) -> Undone:
    """Archive what was edited here, remove what this phase made, and let its ledger entries say so."""
    edited = _edited(rollback)
    archive_workflows(
        rollback.connection, edited, reason="edited after the migration", run_id=None, at=rollback.at
    )
    removed = {table: rollback.delete("moved", table) for table in rollback.target.traced}
    removed[SECRETS] = rollback.delete("secrets", SECRETS, of_phase=rollback.phase.name)
    rollback.execute("mark_rolled_back")
    return Undone(removed, {"workflows": len(edited)})


def _edited(rollback: Rollback) -> list[str]:
    return edited_workflows(
        rollback.connection, organizations=rollback.organizations, phase=rollback.phase.name
    )


STEP = StepKind(
    "backfill",
    "Move every row and catch up with what changes meanwhile",
    run,
    undo=Undo(count_moved, remove_moved),
    dry_run=ReadsOnly("translates every row in memory"),
    continues=True,
    after=("expand",),
)
