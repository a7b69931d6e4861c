"""What became of each step of an execution that does something: got, held, failed, not yet, or why not. Pure.

Every step that acts has exactly one verdict; the verdicts of an execution add up to its acting steps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.engine.nesting import STARTS
from atlas_workflows.engine.program import Program
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.condition import Group, Leaf
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.wording import why
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.graph.model import Node
from atlas_workflows.store.history import EffectLine, Standing, Step, Story

VERDICTS = (
    "done",
    "held",
    "under_way",
    "unknown",
    "failed",
    "skipped",
    "cancelled",
    "not_yet",
    "not_taken",
    "not_reached",
)
_OF_EFFECT = {"intended": "under_way", "dispatching": "under_way"}
# Steps of the old application know more states than ours.
_OF_STEP = {
    "completed": "done", "failed": "failed", "timeout": "failed", "skipped": "skipped", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActingStep:
    """A step that does something, and what became of it.

    `at` is when; `until` when it may go on; `because` says why in words, `now` what the same question would find now.
    """

    node: str
    name: str
    type: str
    verdict: str
    at: datetime | None = None
    until: datetime | None = None
    because: str | None = None
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """What is known of the subject at this moment; `contact` None where the CRM does not have it."""

    contact: Mapping[str, Any] | None
    at: datetime


def acting_steps_of(story: Story, program: Program, today: Today) -> tuple[ActingStep, ...]:
    """The acting steps of the version that the execution is pinned to, in the order of the document."""
    course = _Course.of(story, program, today)
    return tuple(course.acted(node) for node in program.workflow.nodes if acts(program, node))


def acts(program: Program, node: Node) -> bool:
    """Whether a node does something to the world, or starts another workflow."""
    kind: Any = program.kinds.node(node.type, node.version)
    return node.type in STARTS or getattr(kind, "effect", Effect.NONE) is not Effect.NONE


@dataclass(frozen=True, slots=True)
class _Course:
    story: Story
    program: Program
    today: Today
    steps: Mapping[str, Step]
    effects: Mapping[str, EffectLine]
    turns: tuple[tuple[Step, frozenset[str]], ...]
    ahead: tuple[tuple[Standing, frozenset[str]], ...]

    @classmethod
    def of(cls, story: Story, program: Program, today: Today) -> "_Course":
        plan = program.plan
        ahead = tuple((place, frozenset(plan.reachable([place.node]))) for place in story.standing)
        return cls(
            story,
            program,
            today,
            {step.node: step for step in story.steps},
            {effect.node: effect for effect in story.effects},
            tuple(_turns(story.steps, program)),
            ahead,
        )

    def acted(self, node: Node) -> ActingStep:
        for judge in (self._by_effect, self._by_step, self._by_standing, self._by_turn):
            found = judge(node)
            if found is not None:
                return found
        execution = self.story.execution
        if execution.is_live and not self.story.standing:
            return _deed(node, "not_yet", until=execution.due_at, because=not_begun(execution.waits_for))
        reason = f": {execution.reason}" if execution.reason else ""
        because = f"The execution ended before it came there ({execution.outcome}{reason})."
        return _deed(node, "not_reached", at=execution.completed_at, because=because)

    def _by_effect(self, node: Node) -> ActingStep | None:
        effect = self.effects.get(node.id)
        if effect is None or (effect.status in ("failed", "cancelled") and self._stands_at(node)):
            return None
        if effect.status == "intended" and effect.waits_for is not None:
            return _deed(
                node, "held", at=effect.intended_at, because=HELD.get(effect.waits_for, effect.waits_for)
            )
        verdict = _OF_EFFECT.get(effect.status, effect.status)
        at = effect.finished_at or effect.intended_at
        return _deed(node, verdict, at=at, until=effect.held_until, because=effect.error)

    def _by_step(self, node: Node) -> ActingStep | None:
        step = self.steps.get(node.id)
        if step is None or (step.status == "failed" and self._stands_at(node)):
            return None
        verdict = _OF_STEP.get(step.status, "under_way")
        return _deed(node, verdict, at=step.finished_at, because=step.error or step.note)

    def _stands_at(self, node: Node) -> bool:
        return any(place.node == node.id for place in self.story.standing)

    def _by_standing(self, node: Node) -> ActingStep | None:
        found = [place for place, ahead in self.ahead if node.id in ahead]
        if not found:
            return None
        verdict = "under_way" if found[0].node == node.id else "not_yet"
        times = [place.until for place in found if place.until is not None]
        held = self.story.execution.waits_for
        because = "; ".join(waiting(place) for place in found) + (f". {HELD.get(held, held)}" if held else "")
        return _deed(node, verdict, until=min(times, default=None), because=because)

    def _by_turn(self, node: Node) -> ActingStep | None:
        for step, missed in reversed(self.turns):
            if node.id in missed:
                because = f"At {step.node} it went by {step.port}. {step.note or ''}".rstrip()
                return _deed(
                    node, "not_taken", at=step.finished_at, because=because, now=self._now(step.node)
                )
        return None

    def _now(self, node: str) -> str | None:
        condition = _condition(self.program, node)
        if condition is None or self.today.contact is None or not asks_only_of_contact(condition):
            return None
        return why(condition, {"contact": self.today.contact}, Moment(self.today.at, self.program.zone))


HELD = {
    "workflow_paused": "Its workflow is paused.",
    "rate_limit": "A limit on starts lets it begin then.",
    "concurrency": "As many executions of its workflow are under way as may be at once; it begins when one ends.",
}


def not_begun(waits_for: str | None) -> str:
    """Why a live execution has not taken its first step."""
    return "It has not begun. " + HELD.get(waits_for or "", "A worker takes it up when one is free.")


def waiting(place: Standing) -> str:
    """Where an execution stands, in words without times."""
    if place.status == "effect":
        return f"{place.node} was asked for and has not been answered"
    if place.status == "retry":
        return f"{place.node} is tried again"
    if place.status == "gather":
        return f"{place.node} waits for other branches"
    if place.events:
        return f"{place.node} waits for {' or '.join(place.events)}"
    if place.condition is not None:
        return f"{place.node} waits until its condition holds"
    return f"{place.node} waits" if place.status == "wait" else f"{place.node} comes next"


def asks_only_of_contact(condition: Group | Leaf) -> bool:
    """Whether all that a condition looks at is known of the contact."""
    if isinstance(condition, Group):
        return all(asks_only_of_contact(member) for member in condition.conditions)
    return condition.field.startswith("contact.")


def _condition(program: Program, node: str) -> Group | Leaf | None:
    try:
        parameters = program.prepared(node)[1]
    except (AtlasError, StepFailed):
        return None
    found = getattr(parameters, "condition", None)
    return found if isinstance(found, Group | Leaf) else None


def _turns(steps: Iterable[Step], program: Program) -> Iterable[tuple[Step, frozenset[str]]]:
    """Steps that took one of several ways, and what lay on the other ways only."""
    seen: dict[tuple[str, str], frozenset[str]] = {}
    for step in steps:
        if step.port is None:
            continue
        way = step.node, step.port
        if way not in seen:
            seen[way] = _missed(program, *way)
        if seen[way]:
            yield step, seen[way]


def _missed(program: Program, node: str, port: str) -> frozenset[str]:
    plan = program.plan
    taken = [edge.target for name in port.split(", ") for edge in plan.after(node, name)]
    every = plan.reachable(plan.successors(node))
    return frozenset(every - plan.reachable(taken))


def _deed(node: Node, verdict: str, **more: Any) -> ActingStep:
    return ActingStep(node.id, node.name, node.type, verdict, **more)
