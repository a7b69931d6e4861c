"""Step `evidence`: see in the history which triggers fired and what steps did, before anything is translated."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import KIND, gather
from atlas_workflows.migration.steps import StepKind, StepResult


def run(context: PhaseContext) -> StepResult:
    """Survey once per phase run; what takes too long is given up and named."""
    return StepResult(summary=gather(context))


STEP = StepKind(KIND, "See what really happened", run)
