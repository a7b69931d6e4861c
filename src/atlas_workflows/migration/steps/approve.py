"""Step `approve`: where the run asks for it, a person says yes before the phase is finished."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.runs.controls import approval_of
from atlas_workflows.migration.steps import StepKind, StepResult, StepStatus


def run(context: PhaseContext) -> StepResult:
    """Passed once the audit log holds an approval of this run; waiting until then; skipped where none was asked."""
    if not context.options.require_approval:
        return StepResult(StepStatus.SKIPPED, {"why": "no approval was asked for"})
    if not context.persistent:
        return StepResult(StepStatus.SKIPPED, {"why": "a dry run writes nothing"})
    with context.connect("approve", autocommit=True) as connection:
        found = approval_of(connection, context.run_id)
    if found is None:
        return StepResult(
            StepStatus.WAITING,
            problem=f"Phase run {context.run_id} waits for approval.",
            remedy=f"`atlas migrate approve {context.run_id} --by NAME --reason …`, then run the same command again.",
        )
    return StepResult(StepStatus.PASSED, {"approved_by": found[0], "reason": found[1]})


STEP = StepKind("approve", "A person says yes", run)
