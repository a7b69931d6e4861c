"""Step `evidence`: see in the history which triggers fired and what steps did, before anything is translated."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import KIND, gather
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult
from atlas_workflows.migration.undo import Rollback, Undo, Undone

SURVEYED = ("workflow_evidence", "organization_events")


def run(context: PhaseContext) -> StepResult:
    """Survey once per phase run; what takes too long is given up and named."""
    return StepResult(summary=gather(context))


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
