"""A throw-away second phase with a step kind of its own, as a plug-in would bring it: no file of the package knows it."""

from collections import ChainMap
from collections.abc import Callable
from dataclasses import replace

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.steps import STEP_KINDS
from atlas_workflows.migration.undo import Rollback, Undo, Undone

MAKE = "CREATE TABLE IF NOT EXISTS atlas.marks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organization_id uuid)"
MARK = "INSERT INTO atlas.marks (organization_id) SELECT DISTINCT organization_id FROM atlas.workflows"
OURS = "FROM atlas.marks WHERE %(organizations)s::text[] IS NULL OR organization_id = ANY(%(organizations)s::uuid[])"


def mark(context: PhaseContext) -> StepResult:
    """One row per organization, in a table of the phase's own."""
    with context.connect("mark", autocommit=True) as connection:
        connection.execute(MAKE)
        connection.execute("SET atlas.acting = 'migration'")
        return StepResult(summary={"marked": connection.execute(MARK).rowcount})


def fail(_context: PhaseContext) -> StepResult:
    return StepResult(StepStatus.FAILED, problem="It went wrong.", remedy="Try again.")


def count_marks(rollback: Rollback) -> Undone:
    row = rollback.connection.execute(f"SELECT count(*) {OURS}", rollback.parameters).fetchone()
    assert row is not None
    return Undone({"marks": row[0]})


def remove_marks(rollback: Rollback) -> Undone:
    return Undone({"marks": rollback.connection.execute(f"DELETE {OURS}", rollback.parameters).rowcount})


MARKING = StepKind(
    "mark",
    "Mark organizations",
    mark,
    undo=Undo(count_marks, remove_marks),
    dry_run=Skips("a dry run writes nothing"),
    continues=True,
)


def second_phase(*steps: str, **kinds: StepKind) -> Phase:
    """p2_core, which stands on phase 1; `kinds` are its own step kinds beside those of the package."""
    return Phase(
        name="p2_core",
        title="A second phase",
        steps=steps or ("expand", "backfill", "mark", "finish"),
        registry=ChainMap({"mark": MARKING, **kinds}, STEP_KINDS),
        requires=(phase_named("p1"),),
    )


def interrupted(phase: Phase, how: Callable[[Rollback], None]) -> Phase:
    """The same phase with a first step, taken back last, whose undo is interrupted."""

    def interrupt(rollback: Rollback) -> Undone:
        how(rollback)
        return Undone()

    cut = replace(MARKING, name="cut", undo=Undo(lambda _: Undone(), interrupt))
    return replace(phase, steps=("cut", *phase.steps), registry=ChainMap({"cut": cut}, phase.registry))
