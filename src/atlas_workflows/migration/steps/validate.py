"""Step `validate`: the rules for the enhanced tables after the backfill."""

from atlas_workflows.migration.checks.check import check, verdict
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.step import Skips, StepKind, StepResult
from atlas_workflows.migration.undo import NothingToUndo

SUITE = "target"


def run(context: PhaseContext) -> StepResult:
    """Run <phase>_target."""
    return verdict(check(context, f"{context.phase.name}_{SUITE}"))


STEP = StepKind(
    "validate",
    "Validate the enhanced tables",
    run,
    undo=NothingToUndo("it looks and changes nothing; its results stay with the run's record"),
    dry_run=Skips("a dry run writes nothing to look at"),
    continues=False,
    is_gate=True,
    repeats=True,
    suite=SUITE,
)
