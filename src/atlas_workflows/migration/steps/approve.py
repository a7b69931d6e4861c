"""Step `approve`: where the run asks for it, a person says yes before the phase is finished."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.runs.controls import approval_of
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo


def run(context: PhaseContext) -> StepResult:
    """Passed once the audit log holds an approval of this run; waiting until then; skipped where none was asked."""
    if not context.options.require_approval:
        return StepResult(StepStatus.SKIPPED, {"why": "no approval was asked for"})
    with context.connect("approve", autocommit=True) as connection:
        found = approval_of(connection, context.run_id)
    if found is None:
        return StepResult(
            StepStatus.WAITING,
            problem=f"Phase run {context.run_id} waits for approval.",
            remedy=f"`atlas migrate approve {context.run_id} --by NAME --reason …`, then run the same command again.",
        )
    return StepResult(StepStatus.PASSED, {"approved_by": found.actor, "reason": found.reason})


STEP = StepKind(
    "approve",
    "A person says yes",
    run,
    undo=NothingToUndo("the audit log keeps who said yes, and a new run asks again"),
    dry_run=Skips("a dry run finishes nothing that somebody could approve"),
    continues=False,
    is_gate=True,
)
