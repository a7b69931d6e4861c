"""Trials: a workflow played on a virtual clock from a trigger and data; what `atlas workflow execute` and the API both do. Pure."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.limits import MAX_VALUE_DEPTH
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Library, Simulation, simulate
from atlas_workflows.engine.state import State
from atlas_workflows.errors import InputError
from atlas_workflows.expressions.moment import moment
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.graph.limits import is_deeper_than
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.trigger_questions import Answer

MAX_EVENTS = 2_000
EARLIEST, LATEST = 1900, 2400  # the years in which a trial may begin, and its events may lie
SUBJECTS = ("contact", "lead", "client")
OBJECTS = (*SUBJECTS, "trigger", "organization", "variables")


class TrialRefused(InputError):
    """Something that a trial was given cannot be; attribute `field` names it."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """A simulation, the trigger it began with, and what that trigger says to the data."""

    simulation: Simulation
    trigger: Trigger
    answer: Answer


def play_trial(
    program: Program,
    trigger: Trigger,
    data: Mapping[str, Any],
    at: datetime,
    *,
    events: Iterable[Happened] = (),
    failures: Mapping[str, int] | None = None,
    library: Library = lambda workflow: None,  # noqa: ARG005
    anyway: bool = False,
    between: Callable[[State], State] = lambda state: state,
) -> Trial:
    """Play from the aware instant `at`. What the trigger would let pass does not start, unless `anyway`.

    `between` is applied after every step of the clock; it may raise, to end what takes too long.
    """
    workflow = program.workflow
    answer = answer_of(trigger, data, at, workflow)
    starts = anyway or not answer.reasons
    execution = _execution_id(workflow, data, at)
    simulation = simulate(
        program,
        trigger.id if starts else "",
        data,
        at,
        execution=execution,
        subject=subject_of(data) or execution,
        events=events,
        failures=failures,
        library=library,
        between=between,
    )
    if not starts:
        simulation.state.outcome = "not_started"
        simulation.state.reason = "; ".join(answer.reasons)
    return Trial(simulation, trigger, answer)


def data_of(document: Any, where: str) -> dict[str, Any]:
    """The roots of paths: contact, trigger, and what else the document holds. Raises TrialRefused, naming `where`."""
    if not isinstance(document, dict):
        fact = f"{where} holds no JSON object."
        raise TrialRefused(fact, remedy='Write {"contact": {…}, "trigger": {…}}.', field=where)
    if is_deeper_than(document, MAX_VALUE_DEPTH):
        fact = f"{where} is nested more than {MAX_VALUE_DEPTH} levels deep."
        raise TrialRefused(fact, remedy="Flatten it.", field=where)
    for name in OBJECTS:
        if not isinstance(document.get(name, {}), dict) and (
            name == "variables" or document[name] is not None
        ):
            fact = f"{where}: {name} is no object."
            raise TrialRefused(fact, remedy=f'Write {{"{name}": {{…}}}}.', field=f"{where}.{name}")
    variables = document.get("variables", {})
    if not any(name in document for name in (*SUBJECTS, "trigger")):
        return {**document, "contact": document, "trigger": document, "variables": variables}
    contact = next((document[name] for name in SUBJECTS if document.get(name) is not None), None)
    data = {name: value for name, value in document.items() if name not in SUBJECTS}
    return data if contact is None else {**data, "contact": contact}


def subject_of(data: Mapping[str, Any]) -> str | None:
    """Whom the execution is about: the contact's id, else its e-mail or phone."""
    contact = data.get("contact")
    if isinstance(contact, dict):
        for name in ("id", "email", "phone"):
            if isinstance(contact.get(name), str | int) and contact[name] != "":
                return str(contact[name])
    return None


def trigger_named(workflow: Workflow, wanted: str | None, *, field: str) -> Trigger:
    """The trigger to begin with: the one named, else the first that is switched on. Raises TrialRefused."""
    if wanted is None:
        # One that is switched off will do; the trace says that it is.
        return next((trigger for trigger in workflow.triggers if trigger.enabled), workflow.triggers[0])
    for trigger in workflow.triggers:
        if trigger.id == wanted:
            return trigger
    names = ", ".join(trigger.id for trigger in workflow.triggers[:10])
    fact = f"There is no trigger {wanted[:80]!r}."
    raise TrialRefused(fact, remedy=f"Name one with {field}. There are: {names}.", field=field)


def is_playable(at: datetime) -> bool:
    """Whether the clock can be put there: at the ends of time neither another zone nor a wait could be reckoned any more."""
    return EARLIEST <= at.year <= LATEST


def require_can_fail(workflow: Workflow, node: str, said: str, *, field: str) -> None:
    """Raise TrialRefused for what is no node of the workflow, or asks nothing of a provider that could fail."""
    types = {found.id: (found.type, found.version) for found in workflow.nodes}
    if node not in types:
        known = ", ".join(found.id for found in workflow.nodes[:10])
        fact = f"{said} names no node of the workflow."
        raise TrialRefused(fact, remedy=f"Name one that is there: {known}.", field=field)
    kind = load_catalogue().node(*types[node])
    if kind is not None and kind.effect is Effect.NONE:
        fact = f"{said}: a node of type {kind.name} asks nothing of a provider that could fail."
        raise TrialRefused(fact, remedy="Name an action, or a sub_workflow.", field=field)


def answer_of(trigger: Trigger, data: Mapping[str, Any], at: datetime, workflow: Workflow) -> Answer:
    """What the trigger says to the data: without reasons against it the event starts an execution."""
    kind = load_catalogue().trigger(trigger.type, trigger.version)
    if kind is None:
        return Answer()
    return kind.answer(trigger.parameters, data, moment(at, workflow.settings.timezone))


def trial_as_json(first: Simulation) -> dict[str, Any]:
    """The fields that scripts rely on; `nested` and `reason` only where there are any."""
    document = simulation_as_json(first)
    if first.nested:
        document["nested"] = [_nested_as_json(nested) for nested in first.nested]
    return document


def _nested_as_json(nested: Simulation) -> dict[str, Any]:
    starter = nested.started_by
    about = {
        "workflow_id": nested.workflow.id,
        "execution": nested.state.execution,
        "started_by": None if starter is None else starter.key,
    }
    return about | simulation_as_json(nested)


def simulation_as_json(played: Simulation) -> dict[str, Any]:
    """The fields that scripts rely on; instants in UTC with Z."""
    return {
        "outcome": played.outcome,
        "finished_at": instant(played.state.finished_at),
        **({"reason": played.state.reason} if played.state.reason else {}),
        "steps": [
            {
                "node": step.node,
                "type": step.type,
                "iteration": step.iteration,
                "attempt": step.attempt,
                "status": step.status,
                "started_at": instant(step.started_at),
                "finished_at": instant(step.finished_at),
                "output": step.output,
                "error": step.error,
                "port": step.port,
            }
            for step in played.steps
        ]
        + [_held_step(played, place) for place in range(len(played.waits))],
        "effects": [
            {
                "node": effect.node,
                "kind": effect.kind,
                "key": effect.key,
                "at": instant(effect.at),
                "content": effect.content,
            }
            for effect in played.effects
        ],
    }


def _held_step(played: Simulation, place: int) -> dict[str, Any]:
    wait = played.waits[place]
    held = {
        "node": wait.node,
        "type": wait.type,
        "iteration": wait.iteration,
        "attempt": 1,
        "status": "waiting",
    }
    return held | {
        "started_at": instant(wait.since), "finished_at": None, "output": None, "error": None, "port": None,
    }  # fmt: skip


def instant(at: datetime | None) -> str | None:
    """In UTC with Z."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _execution_id(workflow: Workflow, data: Mapping[str, Any], at: datetime) -> str:
    digest = hashlib.sha256(exact_json.dumps([workflow.id, at.isoformat(), data])).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))
