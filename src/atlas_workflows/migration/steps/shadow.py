"""Step `shadow`: re-enact the history, play recorded triggers through old and new, and stop on anything unexplained."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.shadow.gate import held_up, problem_of, summary_of
from atlas_workflows.migration.shadow.run import ShadowRun, Tally, run_shadow
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import Rollback, Undo, Undone

SHADOWED = ("shadow_differences", "shadow_workflows")
REMEDY = (
    "`atlas shadow show` lists them. Correct the definition or the row it was translated from, or leave their "
    "organizations out of this run; then run the same command again."
)


def run(context: PhaseContext) -> StepResult:
    """Compare what this run has not compared yet, then look whether the gate is open for the run's organizations."""
    tally = run_shadow(
        ShadowRun(context.site, context.run_id, context.scope, context.options, persistent=context.persistent)
    )
    summary = tally_json(tally)
    if not context.persistent:
        return StepResult(summary=summary)
    with context.connect("shadow", autocommit=True) as connection:
        found = held_up(connection, _organizations(context))
    if not found:
        return StepResult(StepStatus.PASSED, summary)
    return StepResult(
        StepStatus.FAILED, summary | summary_of(found), problem=problem_of(found), remedy=REMEDY
    )


def tally_json(tally: Tally) -> dict[str, Any]:
    """The sums of a run, as JSON."""
    return {**asdict(tally), "causes": dict(tally.causes)}


def _organizations(context: PhaseContext) -> Sequence[str] | None:
    with context.connect("shadow", autocommit=True) as connection:
        known = read_tenancy(connection, context.options.assume_organization).organizations
    covered = resolve_scope(context.scope, known).covered
    return None if covered is None else sorted(covered)


def count_shadowed(rollback: Rollback) -> Undone:
    """The verdicts and differences of the organizations."""
    return Undone(removed={table: rollback.count("surveyed", table) for table in SHADOWED})


def remove_shadowed(rollback: Rollback) -> Undone:
    """The same, removed; the next run compares anew."""
    return Undone(removed={table: rollback.delete("surveyed", table) for table in SHADOWED})


STEP = StepKind(
    "shadow",
    "Compare old and new on recorded history, effects off",
    run,
    undo=Undo(count_shadowed, remove_shadowed),
    dry_run=ReadsOnly("it compares in memory and keeps nothing"),
    continues=True,
    is_gate=True,
    repeats=True,
)
