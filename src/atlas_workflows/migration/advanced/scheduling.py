"""Step group `scheduling`: schedules of the old application begin to fire here, each with its zone, its words and one owner."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import holdings, take_back
from atlas_workflows.migration.cutover.take_over import Author, author_of
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.catch_up import catch_up
from atlas_workflows.migration.scheduling.look import Looked, View, look, viewing
from atlas_workflows.migration.scheduling.release import (
    bring_over,
    came_over,
    firing,
    keep,
    let_by,
    release,
    stop,
    unsigned,
)
from atlas_workflows.migration.scheduling.standing import Standing
from atlas_workflows.migration.step import ReadsOnly, Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import Rollback, Undo, Undone
from atlas_workflows.rollout.rollouts import read_rollout, require_going
from atlas_workflows.site import Progress

SHOWN = 10
FILE = "schedules.json"
ACTIVATIONS = "schedule_activations"
# How long a workflow that the old application fires is waited for until none of its schedules is due.
PATIENCE_SECONDS = 600.0
POLL_SECONDS = 1.0


def plan(context: PhaseContext) -> StepResult:
    """Say of every schedule what becomes of it; stopped by one that would wake up though nobody signed it."""
    _catch_up(context)
    with viewing(context) as view:
        looked = look(view, view.organizations, context.now())
        if context.persistent:
            with view.connection.transaction():
                keep(view.connection, looked, author_of(context), view.organizations)
    _write(context, looked)
    return _unsigned(looked) or StepResult(summary=_summary(looked))


def run(context: PhaseContext) -> StepResult:
    """Organization by organization: look again, let its schedules fire, and take over what the old application fires."""
    _catch_up(context)
    with viewing(context) as view:
        require_going(read_rollout(view.connection, context.phase.name))
        seen: list[Looked] = []
        for number, organization in enumerate(view.organizations):
            looked = _release(context, view, organization)
            refused = _unsigned(looked)
            if refused is not None:
                return refused
            seen += looked
            context.progress(Progress("scheduling", "organizations", number + 1, len(view.organizations)))
        came, waiting = _bring_over(context, view, seen)
    _write(context, seen)
    return StepResult(summary=_summary(seen) | {"taken_over": came, "never_quiet": waiting})


def _catch_up(context: PhaseContext) -> None:
    """Take up what the old application changed meanwhile; what is not taken up stays where it is."""
    if context.persistent:
        with at_work(context, phase=context.phase.first.name) as worker:
            catch_up(worker)


def _release(context: PhaseContext, view: View, organization: str) -> Sequence[Looked]:
    """In one transaction, so that what is looked at is what begins; nothing begins where one is not signed."""
    author = author_of(context)
    with view.connection.transaction():
        looked = look(view, [organization], author.at)
        keep(view.connection, looked, author, [organization])
        if not unsigned(looked):
            release(view.connection, organization, looked, author)
    return looked


def _bring_over(context: PhaseContext, view: View, seen: Sequence[Looked]) -> tuple[int, list[str]]:
    """Waits a while for a moment in which no schedule of a workflow is due; what has none stays where it is fired."""
    waiting = [item for item in seen if item.candidate is not None]
    if not waiting:
        return 0, []
    switch, deadline, came = Switch(view.source.catalog), time.monotonic() + PATIENCE_SECONDS, set[str]()
    while True:
        taken, waiting = bring_over(view.connection, switch, waiting, view.rules, author_of(context))
        came |= {item.facts.workflow for item in taken}
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    settle_drains(view.connection, view.source.catalog, view.organizations, context.now())
    return len(came), sorted({item.facts.workflow for item in waiting})


def _unsigned(looked: Sequence[Looked]) -> StepResult | None:
    found = unsigned(looked)
    if not found:
        return None
    named = ", ".join(f"{item.facts.workflow} ({item.name}), {item.facts.trigger}" for item in found[:SHOWN])
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return StepResult(
        StepStatus.FAILED,
        _summary(looked),
        problem=f"{len(found)} schedules would wake up and nobody signed that they may: {named}{more}.",
        remedy="`atlas sign-off WORKFLOW` shows what is asked; sign it, pause the workflow, or leave its organization out.",
    )


def _summary(looked: Sequence[Looked]) -> dict[str, Any]:
    counts = Counter(str(item.verdict.standing) for item in looked)
    return {"schedules": {str(standing): counts.get(standing, 0) for standing in Standing}}


def _write(context: PhaseContext, looked: Sequence[Looked]) -> None:
    context.report_dir.mkdir(parents=True, exist_ok=True)
    listed = [item.to_json() for item in looked]
    (context.report_dir / FILE).write_text(json.dumps(listed, indent=1, ensure_ascii=False))


def count_planned(rollback: Rollback) -> Undone:
    """What was written down about the schedules of the organizations."""
    return Undone(removed={ACTIVATIONS: rollback.count("surveyed", ACTIVATIONS)})


def forget_planned(rollback: Rollback) -> Undone:
    """The same, removed; the next run looks anew."""
    return Undone(removed={ACTIVATIONS: rollback.delete("surveyed", ACTIVATIONS)})


def count_released(rollback: Rollback) -> Undone:
    """What `take_back_schedules` would stop and give back, row for row."""
    let = let_by(rollback.connection, rollback.phase.name, rollback.organizations)
    workflows = came_over(rollback.connection, let)
    found = holdings(rollback.connection, sorted(let), workflows).given_back(rollback.parked)
    counts = {"schedules_stopped": firing(rollback.connection, let)}
    return Undone(given_back=counts | dict(found.counts), kept=found.kept)


def take_back_schedules(rollback: Rollback) -> Undone:
    """No schedule fires here because of this phase any more; what the old application fired goes back to it."""
    let = let_by(rollback.connection, rollback.phase.name, rollback.organizations)
    workflows = came_over(rollback.connection, let)
    author = Author(rollback.phase.name, rollback.actor, rollback.at)
    reason = rollback.reason or "rolled back"
    stopped = stop(rollback.connection, let, author, reason)
    found = take_back(
        rollback.connection,
        Switch(read_catalog(rollback.connection)),
        sorted(let),
        rollback.parked,
        author,
        reason,
        workflows,
    )
    return Undone(given_back={"schedules_stopped": stopped} | dict(found.counts), kept=found.kept)


PLAN = StepKind(
    "plan_scheduling",
    "Say when each schedule fires, before and after",
    plan,
    undo=Undo(count_planned, forget_planned),
    dry_run=ReadsOnly("it looks at every schedule and writes nothing but schedules.json"),
    continues=True,
    is_gate=True,
    repeats=True,
    after=("expand",),
)
STEP = StepKind(
    "scheduling",
    "Let schedules fire here",
    run,
    undo=Undo(count_released, take_back_schedules),
    dry_run=Skips("a dry run lets nothing fire; schedules.json says what would"),
    continues=True,
    is_gate=True,
    after=("plan_scheduling",),
)
