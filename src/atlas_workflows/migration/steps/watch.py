"""Step `watch`: look at the guardrails for a while after a cutover; where one is crossed, halt and give everything back."""

import time
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import GivenBack, take_back
from atlas_workflows.migration.cutover.take_over import author_of
from atlas_workflows.migration.cutover.turning import turn_owners
from atlas_workflows.migration.cutover.watching import TakenOver, measure, rate_before, taken_by
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.rollout.guardrails import Measured, crossed
from atlas_workflows.rollout.rollouts import halt, read_rollout
from atlas_workflows.site import Progress

POLL_SECONDS = 5.0


def run(context: PhaseContext) -> StepResult:
    """Watch for as long as the run asks, and at least once; what was measured last is the summary."""
    with context.connect("watch", autocommit=True) as connection:
        switch = Switch(read_catalog(connection))
        act_as_migration(connection)
        taken = taken_by(connection, context.run_id)
        if taken is None:
            return StepResult(StepStatus.SKIPPED, {"why": "this run took no workflow over"})
        return _watch(context, connection, switch, taken)


def _watch(context: PhaseContext, connection: Connection, switch: Switch, taken: TakenOver) -> StepResult:
    before = rate_before(connection, taken)
    seconds = 60.0 * context.options.watch_minutes
    while True:
        now = context.now()
        measured = measure(connection, switch, taken, now)
        found = crossed(measured, before, context.options.limits)
        if found:
            return _go_back(context, connection, switch, taken, measured, found)
        halted = read_rollout(connection, context.phase.name).halt
        if halted is not None:
            return _halted(measured, f"The rollout was halted by {halted.by}: {halted.reason}")
        left = seconds - (now - taken.since).total_seconds()
        if left <= 0:
            return StepResult(summary=shown(measured))
        context.progress(
            Progress("watch", "guardrails", round(seconds - left), round(seconds), message="seconds")
        )
        time.sleep(min(POLL_SECONDS, left))


def _go_back(
    context: PhaseContext,
    connection: Connection,
    switch: Switch,
    taken: TakenOver,
    measured: Measured,
    found: tuple[str, ...],
) -> StepResult:
    """Halt the rollout and give the organizations of this run back, in one transaction."""
    why = "; ".join(found)

    def work() -> GivenBack:
        sentence, actor = f"A guardrail was crossed: {why}.", context.options.actor
        halt(connection, context.phase.name, actor=actor, reason=sentence, at=context.now())
        reason = f"a guardrail was crossed: {why}"
        return take_back(connection, switch, taken.organizations, "finish", author_of(context), reason)

    given = turn_owners(connection, work)
    return StepResult(
        StepStatus.FAILED,
        shown(measured)
        | {"guardrails_crossed": list(found), "given_back": dict(given.counts), "kept": list(given.kept)},
        problem=f"A guardrail was crossed: {why}. The workflows of this run are back with the old application.",
        remedy="Find the cause (`atlas effects`, the steps of the failed executions), then `atlas rollout resume` and run again.",
    )


def _halted(measured: Measured, problem: str) -> StepResult:
    return StepResult(
        StepStatus.FAILED,
        shown(measured),
        problem=problem,
        remedy="`atlas rollout back` gives the workflows back; `atlas rollout resume` lets the phase go on.",
    )


def shown(measured: Measured) -> dict[str, Any]:
    """For the report and the terminal."""
    return {
        "ended": measured.ended, "failed": measured.failed, "messages": measured.messages,
        "unsubscribed": measured.unsubscribed, "draining": measured.draining, "on_in_both": list(measured.on_in_both),
        "latency_seconds": None if measured.latency is None else measured.latency.total_seconds(),
    }  # fmt: skip


STEP = StepKind(
    "watch",
    "Watch the guardrails, and go back where one is crossed",
    run,
    undo=NothingToUndo(
        "it looks; where it gave workflows back itself, the undo of the cutover finds nothing left"
    ),
    dry_run=Skips("a dry run takes nothing over that could be watched"),
    continues=False,
    is_gate=True,
    after=("cutover",),
)
