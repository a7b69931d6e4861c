"""What `atlas workflow execute` does: a workflow and options in, a simulation out; and the simulation as JSON."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.cli.workflow_file import UnreadableFile
from atlas_workflows.cli.workflow_input import (
    Events,
    read_data,
    read_events,
    read_failure,
    read_start,
    subject_of,
)
from atlas_workflows.cli.workflow_library import WorkflowFolder
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.expressions.moment import moment
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.trigger_questions import Answer


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command, as given."""

    input: Path
    events: Path | None
    at: str | None
    fail: tuple[str, ...]
    trigger: str | None
    workflows: Path | None = None
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A simulation, the trigger it began with, what that trigger says to the data, and the events that were read."""

    simulation: Simulation
    trigger: Trigger
    answer: Answer
    events: Events


def play(workflow: Workflow, wishes: Wishes) -> Played:
    """Execute on a virtual clock. Raises UnreadableFile for wishes that cannot be fulfilled."""
    data = read_data(wishes.input)
    at = read_start(wishes.at, workflow)
    trigger = _trigger(workflow, wishes.trigger)
    subject = subject_of(data)
    events = read_events(wishes.events, subject, workflow)
    failures = dict(read_failure(text, workflow) for text in wishes.fail)
    program = Program(workflow, load_catalogue())
    folder = WorkflowFolder.of(program, wishes.workflows)
    answer = _answer(trigger, data, at, workflow)
    starts = wishes.anyway or not answer.reasons
    execution = _execution_id(workflow, data, at)
    simulation = simulate(
        program,
        trigger.id if starts else "",
        data,
        at,
        execution=execution,
        subject=subject or execution,
        events=events.events,
        failures=failures,
        library=folder.program,
    )
    if not starts:
        simulation.state.outcome = "not_started"
        simulation.state.reason = "; ".join(answer.reasons)
    return Played(simulation, trigger, answer, events)


def played_as_json(played: Played) -> dict[str, Any]:
    """The fields that scripts rely on; `nested` and `reason` only where there are any."""
    first = played.simulation
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
        "finished_at": _instant(played.state.finished_at),
        **({"reason": played.state.reason} if played.state.reason else {}),
        "steps": [
            {
                "node": step.node,
                "type": step.type,
                "iteration": step.iteration,
                "attempt": step.attempt,
                "status": step.status,
                "started_at": _instant(step.started_at),
                "finished_at": _instant(step.finished_at),
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
                "at": _instant(effect.at),
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
        "started_at": _instant(wait.since), "finished_at": None, "output": None, "error": None, "port": None,
    }  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _trigger(workflow: Workflow, wanted: str | None) -> Trigger:
    if wanted is None:
        # One that is switched off will do; the trace says that it is.
        return next((trigger for trigger in workflow.triggers if trigger.enabled), workflow.triggers[0])
    for trigger in workflow.triggers:
        if trigger.id == wanted:
            return trigger
    names = ", ".join(trigger.id for trigger in workflow.triggers[:10])
    fact = f"There is no trigger {wanted!r}."
    raise UnreadableFile(fact, remedy=f"Name one with --trigger. There are: {names}.")


def _execution_id(workflow: Workflow, data: Mapping[str, Any], at: datetime) -> str:
    digest = hashlib.sha256(exact_json.dumps([workflow.id, at.isoformat(), data])).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _answer(trigger: Trigger, data: Mapping[str, Any], at: datetime, workflow: Workflow) -> Answer:
    kind = load_catalogue().trigger(trigger.type, trigger.version)
    if kind is None:
        return Answer()
    return kind.answer(trigger.parameters, data, moment(at, workflow.settings.timezone))
