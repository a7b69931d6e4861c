"""What the enhanced engine plans for a recorded trigger, in the forms the old engines' plans have. Nothing is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows.engine.events import Effect
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.paths import MISSING, look_up, parse_path
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.legacy.engine.deeds import is_message
from atlas_workflows.legacy.engine.planned import PlannedEffect
from atlas_workflows.migration.shadow.history import BY_HAND
from atlas_workflows.nodes.catalogue import load_catalogue

_ADDRESSES = {"send_email": "email", "send_sms": "phone", "send_whatsapp": "phone", "make_call": "phone"}
NEVER = -1.0  # seconds of a wait that only an event would end


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`starts` False: the trigger would have let the event pass, for `reason`. `ports`: what conditions and switches chose."""

    starts: bool
    reason: str = ""
    outcome: str = ""
    effects: tuple[PlannedEffect, ...] = ()
    waits: Mapping[str, float] | None = None
    ports: Mapping[str, str] | None = None
    failed_at: str | None = None
    visited: frozenset[str] = frozenset()

    @property
    def messages(self) -> int:
        return sum(1 for effect in self.effects if effect.is_message)


def foresee(
    program: Program,
    data: Mapping[str, Any],
    at: datetime,
    *,
    execution: str,
    subject: str,
    starter: str,
    is_live: bool = True,
) -> Foreseen:
    """Play one recorded trigger through a definition. Of a workflow that is not live the triggers need not be on."""
    trigger = _trigger(program.workflow, starter, is_live=is_live)
    if trigger is None:
        return Foreseen(False, "No trigger of the definition is switched on.")
    reason = (
        "" if starter == BY_HAND or trigger.type == BY_HAND else _refusal(trigger, data, at, program.workflow)
    )
    if reason:
        return Foreseen(False, reason)
    played = simulate(program, trigger.id, data, at, execution=execution, subject=subject)
    contact = data.get("contact")
    return _seen(played, contact if isinstance(contact, Mapping) else {})


def _trigger(workflow: Workflow, starter: str, *, is_live: bool) -> Trigger | None:
    live = [trigger for trigger in workflow.triggers if trigger.enabled or not is_live]
    return next((trigger for trigger in live if trigger.type == starter), live[0] if live else None)


def _refusal(trigger: Trigger, data: Mapping[str, Any], at: datetime, workflow: Workflow) -> str:
    kind = load_catalogue().trigger(trigger.type, trigger.version)
    if kind is None:
        return ""
    parameters = dict(trigger.parameters)
    if not all(_is_there(data, path) for path in _asked(parameters.get("filters"))):
        del parameters["filters"]  # the record does not keep what was asked for then
    return "; ".join(kind.answer(parameters, data, moment(at, workflow.settings.timezone)).reasons)


def _asked(condition: Any) -> Iterator[str]:
    if isinstance(condition, Mapping):
        if isinstance(condition.get("field"), str):
            yield condition["field"]
        for member in condition.get("conditions") or ():
            yield from _asked(member)


def _is_there(data: Mapping[str, Any], path: str) -> bool:
    return look_up(data, parse_path(path)) is not MISSING


def _seen(played: Simulation, contact: Mapping[str, Any]) -> Foreseen:
    ended = {step.node: step for step in played.steps if step.type == "wait" and step.status == "completed"}
    waits = {
        node: (step.finished_at - step.started_at).total_seconds()
        for node, step in ended.items()
        if step.finished_at is not None
    }
    failed = next((step.node for step in played.steps if step.status == "failed"), None)
    return Foreseen(
        starts=True,
        reason=played.state.reason or "",
        outcome=played.outcome,
        effects=tuple(_effect(effect, contact) for effect in played.effects),
        waits=waits | {wait.node: NEVER for wait in played.waits if wait.type == "wait"},
        ports={
            step.node: step.port
            for step in played.steps
            if step.type in ("condition", "switch") and step.port
        },
        failed_at=failed,
        visited=frozenset(step.node for step in played.steps) | {wait.node for wait in played.waits},
    )


def _effect(effect: Effect, contact: Mapping[str, Any]) -> PlannedEffect:
    content = effect.content if isinstance(effect.content, Mapping) else {}
    return PlannedEffect(
        key=effect.key,
        node=effect.node,
        kind=effect.kind,
        recipients=_recipients(effect.kind, content, contact) if is_message(effect.kind) else (),
        content=content,
        at=effect.at,
    )


def _recipients(kind: str, content: Mapping[str, Any], contact: Mapping[str, Any]) -> tuple[str, ...]:
    named = content.get("to")
    if named:
        return tuple(sorted(str(item) for item in (named if isinstance(named, list) else [named])))
    own = contact.get(_ADDRESSES.get(kind, ""))
    return (str(own),) if own else ()
