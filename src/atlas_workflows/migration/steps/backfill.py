"""Step `backfill`: every row moves, then what changed meanwhile is taken up until hardly anything waits."""

from collections.abc import Iterable
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.context import PhaseContext
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
from atlas_workflows.migration.steps import StepKind, StepResult, StepStatus

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
    with context.connect("backfill", autocommit=True) as connection:
        source = survey(connection, context.scope, context.options)
        ranges = planned_ranges(connection, source, context.run_id, context.options.workers, context.now())
        tracker = Tracker(context, connection)
        open_ranges = [each.range for each in ranges if not each.is_finished]
        work_ranges(context, source, open_ranges, tracker.poll)
        with at_work(context, source) as worker:
            summary = _settle(worker, uncaptured(connection, source), ranges)
        gather_statistics(connection)
        tracker.poll()
    return StepResult(StepStatus.PASSED, summary)


def uncaptured(connection: Connection, source: Source) -> tuple[str, ...]:
    """Tables whose changes no trigger notes."""
    captured = {item.table for item in captured_tables(connection) if item.is_captured}
    return tuple(table.table for table in source.tables if table.table not in captured)


def _settle(worker: Worker, unseen: Iterable[str], ranges: Iterable[RangeProgress]) -> dict[str, Any]:
    swept = {name: _sweep(worker, name) for name in unseen}
    deleted = take_deletions(worker)
    caught = catch_up(worker)
    return {
        "rows": sum(each.range.rows for each in ranges),
        "captured": {"written": caught.written, "removed": caught.removed, "waiting": caught.waiting},
        "deleted_at_source": deleted,
        "swept_without_trigger": swept,
    }


def _sweep(worker: Worker, name: str) -> int:
    written = 0
    for _ in range(MOST_SWEEPS):
        swept = sweep_table(worker, worker.source.table(name))
        written += swept.written
        if swept.written <= QUIET_ROWS:
            break
    return written


STEP = StepKind("backfill", "Move every row and catch up with what changes meanwhile", run)
