"""Step `rollback`: takes back a phase for the run's organizations; counts only in a dry run."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.steps import StepKind, StepResult


def run(context: PhaseContext) -> StepResult:
    """Roll the context's phase back; refused while a later phase stands."""
    result = roll_back(
        context.phase,
        context.scope,
        dsn=context.dsn,
        execute=context.persistent,
        actor=context.options.actor,
        reason=f"phase run {context.run_id}",
        now=context.now,
    )
    return StepResult(summary=result.to_json())


STEP = StepKind("rollback", "Take the phase back", run)
