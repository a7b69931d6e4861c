"""Step `evidence`: see in the history which triggers fired and what steps did, before anything is translated."""

from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import KIND, gather
from atlas_workflows.migration.movement.planning import count_rows
from atlas_workflows.migration.movement.source import WORKFLOWS
from atlas_workflows.migration.movement.workers import in_processes, portable
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult
from atlas_workflows.migration.undo import Rollback, Undo, Undone

# Workflows whose survey is worth a process of its own, which takes a second to start.
LARGE = 10_000
SURVEYED = ("workflow_evidence", "organization_events")


def run(context: PhaseContext) -> StepResult:
    """Survey once per phase run; what takes too long is given up and named."""
    if context.is_alone or not _is_large(context):
        return StepResult(summary=gather(context))
    # Python gives back little of what it held, and later steps need the room.
    [summary] = in_processes(1, gather, [portable(context)], lambda _: None)
    return StepResult(summary=summary)


def _is_large(context: PhaseContext) -> bool:
    with context.connect("evidence", autocommit=True) as connection:
        return count_rows(connection, read_catalog(connection), WORKFLOWS) >= LARGE


def count_surveyed(rollback: Rollback) -> Undone:
    """What the surveys of the organizations found."""
    return Undone(removed={table: rollback.count("surveyed", table) for table in SURVEYED})


def remove_surveyed(rollback: Rollback) -> Undone:
    """The same, removed; the next run surveys anew."""
    return Undone(removed={table: rollback.delete("surveyed", table) for table in SURVEYED})


STEP = StepKind(
    KIND,
    "See what really happened",
    run,
    undo=Undo(count_surveyed, remove_surveyed),
    dry_run=ReadsOnly("it surveys the history and keeps what it found in memory"),
    continues=True,
)
