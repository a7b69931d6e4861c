"""Executions, explanations and replays in words."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from atlas_workflows.cli.instants import said
from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.store.acting_steps import HELD, ActingStep, not_begun, waiting
from atlas_workflows.store.explanation import Explained, Explanation, Leaf, Refusal
from atlas_workflows.store.history import EffectLine, Execution, Step, Story
from atlas_workflows.store.steering import Replay

_LONGEST = 240
_VERDICTS = {
    "done": "got it",
    "held": "held",
    "under_way": "under way",
    "unknown": "unknown: nobody can tell whether it arrived",
    "failed": "failed",
    "skipped": "did not get it: skipped",
    "cancelled": "did not get it: withdrawn",
    "not_yet": "not yet",
    "not_taken": "did not get it: another way was taken",
    "not_reached": "did not get it: never came there",
}


def show(lines: Iterable[str]) -> None:
    """Print lines; a line is a line, whatever it holds."""
    for line in lines:
        print(without_controls(" ".join(line.splitlines())))


def line_of(execution: Execution, now: datetime) -> str:
    """One execution in one line."""
    name = execution.workflow_name or execution.workflow or "a workflow that is gone"
    about = f" about {execution.subject}" if execution.subject else ""
    wait = f"; {HELD.get(execution.waits_for, execution.waits_for)}" if execution.waits_for else ""
    due = f" Next: {said(execution.due_at, now)}." if execution.due_at else ""
    reason = f" ({_short(execution.reason)})" if execution.reason else ""
    return (
        f"{execution.execution}  {execution.outcome}{reason}  {name} version {execution.version}{about}, "
        f"begun {said(execution.started_at, now)}{wait}.{due}"
    )


def story_lines(story: Story, now: datetime) -> Iterator[str]:
    """One execution with everything."""
    execution = story.execution
    yield line_of(execution, now)
    yield f"Executed by {execution.executor}, started by {execution.triggered_by or 'something unknown'}."
    if execution.fell_back is not None:
        yield f"Begun anew with the old meaning before its first effect: {_short(execution.fell_back)}"
    if execution.completed_at is not None:
        yield f"Ended {said(execution.completed_at, now)}."
    for step in story.steps:
        yield from _step_lines(step, now)
    for effect in story.effects:
        yield _effect_line(effect, now)
    for place in story.standing:
        until = f" until {said(place.until, now)}" if place.until else ""
        yield f"Now: {waiting(place)}{until}, since {said(place.since, now)}."
    if execution.is_live and not story.standing:
        yield f"Now: {not_begun(execution.waits_for)}"


def _step_lines(step: Step, now: datetime) -> Iterator[str]:
    attempt = f", attempt {step.attempt}" if step.attempt > 1 else ""
    round_ = f", round {step.iteration + 1}" if step.iteration else ""
    port = f", left by {step.port}" if step.port not in (None, "main") else ""
    ended = said(step.finished_at or step.started_at, now)
    yield f"  {step.node} ({step.type}): {step.status}{attempt}{round_}{port}, {ended}"
    for name, value in (("input", step.input), ("output", step.output)):
        if value is not None:
            yield f"    {name}: {_json(value)}"
    for text in (step.error, step.note):
        if text:
            yield f"    {_short(text)}"
    if step.unresolved:
        yield f"    Without a value: {', '.join(step.unresolved[:10])}"


def _effect_line(effect: EffectLine, now: datetime) -> str:
    held = f" {HELD.get(effect.waits_for, effect.waits_for)}" if effect.waits_for else ""
    error = f" {_short(effect.error)}" if effect.error else ""
    at = said(effect.finished_at or effect.intended_at, now)
    if effect.held_until is not None:
        at += f", until {said(effect.held_until, now)}"
    return f"  effect {effect.kind} of {effect.node}: {effect.status}, {at}.{held}{error} Key {effect.key}"


def explanation_lines(found: Explanation, now: datetime) -> Iterator[str]:
    """Why a member got, did not get or does not yet get something."""
    yield f"{found.subject} and {found.workflow_name} ({found.status}, executed by {found.owner})"
    if not found.contact_known:
        yield "The CRM has nobody of this id; values of now are not known."
    for explained in found.executions:
        yield from _explained_lines(explained, now)
    if not found.executions:
        yield "Never enrolled: no execution is about this member."
    for refusal in found.refusals:
        yield from _refusal_lines(refusal, now)
    if not found.executions and not found.refusals:
        yield "No event about this member is known that reached a trigger of it."
    for obstacle in found.obstacles:
        yield f"At present nothing begins: {obstacle}"


def _explained_lines(explained: Explained, now: datetime) -> Iterator[str]:
    execution = explained.story.execution
    reason = f": {_short(execution.reason)}" if execution.reason else ""
    yield (
        f"Execution {execution.execution} by {execution.executor}, begun {said(execution.started_at, now)}: "
        f"{execution.outcome}{reason}"
    )
    for acted in explained.acting_steps:
        yield from _acting_lines(acted, now)
    if not explained.acting_steps:
        yield "  What each step did is not known: its version cannot be read, or it does nothing outside."


def _acting_lines(acted: ActingStep, now: datetime) -> Iterator[str]:
    when = f", {said(acted.at, now)}" if acted.at else ""
    until = f", next at {said(acted.until, now)}" if acted.until else ""
    name = f"{acted.name} ({acted.node})" if acted.name else acted.node
    yield f"  {name}, {acted.type}: {_VERDICTS[acted.verdict]}{when}{until}"
    if acted.because:
        yield f"    {_short(acted.because)}"
    if acted.now:
        yield f"    Asked now: {_short(acted.now)}"


def _refusal_lines(refusal: Refusal, now: datetime) -> Iterator[str]:
    times = f", {refusal.times} times, the last" if refusal.times > 1 else ""
    yield (
        f"Not enrolled{times} {said(refusal.occurred_at, now)}: {refusal.event_type} came to {refusal.trigger}. "
        f"{_short(refusal.explanation)}"
    )
    for leaf in refusal.leaves:
        yield f"    {_leaf(leaf)}"


def _leaf(leaf: Leaf) -> str:
    asked = leaf.operator.replace("_", " ")
    return f"{leaf.field} was {_json(leaf.then)}, is {_json(leaf.now)} now; asked: {asked} {_json(leaf.expected)}"


def replay_lines(plan: Replay) -> Iterator[str]:
    """What a replay means, or meant."""
    yield f"{plan.execution} about {plan.subject} failed: {plan.cause}: {_short(plan.message)}"
    nodes = ", ".join(plan.nodes) or "its beginning"
    yield f"{'It goes' if plan.was_done else 'It would go'} on from {nodes} on version {plan.version}."
    if plan.done:
        yield f"Not done again: {', '.join(plan.done)}"
    if plan.unknown:
        yield f"Waits for a decision (atlas effects resolve): {', '.join(plan.unknown)}"
    if plan.is_held:
        yield "Its workflow is paused; it is held until that is resumed."
    if not plan.was_done:
        yield "Nothing was done, because something may go out. Add --send --by NAME --reason WHY."


def _json(value: Any) -> str:
    return "not set" if value is None else _short(dumps_text(value))


def _short(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
