"""Step `validate`: the rules for the enhanced tables after the backfill."""

from atlas_workflows.migration.checks.check import check, verdict
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.steps import StepKind, StepResult, StepStatus

SUITE = "target"


def run(context: PhaseContext) -> StepResult:
    """Run <phase>_target; a dry run has written nothing to look at."""
    if not context.persistent:
        return StepResult(StepStatus.SKIPPED, {"why": "a dry run writes nothing to look at"})
    return verdict(check(context, f"{context.phase.name}_{SUITE}"))


STEP = StepKind("validate", "Validate the enhanced tables", run, repeats=True, failure_exit=4)
