"""What `atlas workflow execute` reads and does: files and options in, a simulation out."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.cli.workflow_file import UnreadableFile, decode, read_bytes, read_document
from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.limits import MAX_VALUE_DEPTH
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import evaluate
from atlas_workflows.expressions.moment import zone_named
from atlas_workflows.graph.limits import is_deeper_than
from atlas_workflows.graph.model import Severity, Trigger, Workflow
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue

MAX_EVENTS = 2_000
_SUBJECTS = ("contact", "lead", "client")


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command, as given."""

    input: Path
    events: Path | None
    at: str | None
    fail: tuple[str, ...]
    trigger: str | None


def load_workflow(file: Path) -> Workflow:
    """A workflow that may be executed; raises UnreadableFile with the first error where it may not."""
    workflow, problems = parse(read_document(file))
    if workflow is not None:
        problems += validate(workflow, load_catalogue(), hints=False)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if workflow is None or errors:
        fact = f"{file} is not a valid workflow ({len(errors)} errors). The first one: {errors[0].message}"
        raise UnreadableFile(fact, remedy=f"See all of them with: atlas workflow validate {file}")
    return workflow


def play(workflow: Workflow, wishes: Wishes) -> Simulation:
    """Execute on a virtual clock. Raises UnreadableFile for wishes that cannot be fulfilled."""
    data = _data(read_document(wishes.input), wishes.input)
    at = _start(wishes.at, workflow)
    trigger = _trigger(workflow, wishes.trigger)
    subject = _subject(data)
    events = _events(wishes.events, subject)
    failures = dict(_failure(text, workflow) for text in wishes.fail)
    execution = _execution_id(workflow, data, at)
    program = Program(workflow, load_catalogue())
    key = subject or execution
    if not _is_let_in(trigger, data, at, workflow):
        return _not_started(program, data, at, execution, key)
    return simulate(
        program, trigger.id, data, at, execution=execution, subject=key, events=events, failures=failures
    )


def simulation_as_json(played: Simulation) -> dict[str, Any]:
    """The fields that scripts rely on; instants in UTC with Z."""
    return {
        "outcome": played.outcome,
        "finished_at": _instant(played.state.finished_at),
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


def _data(document: Any, source: Path) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise UnreadableFile(
            f"{source} holds no JSON object.", remedy='Write {"contact": {…}, "trigger": {…}}.'
        )
    if is_deeper_than(document, MAX_VALUE_DEPTH):
        raise UnreadableFile(
            f"{source} is nested more than {MAX_VALUE_DEPTH} levels deep.", remedy="Flatten it."
        )
    variables = document.get("variables", {})
    if not isinstance(variables, dict):
        raise UnreadableFile(
            f"{source}: variables is no object.", remedy='Write {"variables": {"name": "value"}}.'
        )
    if not any(name in document for name in (*_SUBJECTS, "trigger")):
        return {**document, "contact": document, "trigger": document, "variables": variables}
    contact = next((document[name] for name in _SUBJECTS if name in document), None)
    data = {name: value for name, value in document.items() if name not in _SUBJECTS}
    return data if contact is None else {**data, "contact": contact}


def _start(text: str | None, workflow: Workflow) -> datetime:
    try:
        zone = zone_named(workflow.settings.timezone)
        at = datetime.now(UTC) if text is None else _time(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except ExpressionInvalid as error:
        raise UnreadableFile(f"settings.timezone: {error.fact}", remedy=error.remedy) from error
    except (ValueError, OverflowError) as cause:
        fact = f"--at {str(text)[:60]!r} is not an ISO time."
        raise UnreadableFile(
            fact, remedy="Write 2026-03-29T09:00:00Z, or without Z for the workflow's zone."
        ) from cause


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if not 1900 <= at.year <= 2400:
        raise ValueError(text)
    return at


def _trigger(workflow: Workflow, wanted: str | None) -> Trigger:
    enabled = [trigger for trigger in workflow.triggers if trigger.enabled]
    for trigger in workflow.triggers if wanted is not None else enabled:
        if wanted in (None, trigger.id):
            return trigger
    names = ", ".join(trigger.id for trigger in workflow.triggers[:10]) or "none"
    fact = f"There is no trigger {wanted!r}." if wanted is not None else "No trigger is switched on."
    raise UnreadableFile(fact, remedy=f"Name one with --trigger. There are: {names}.")


def _subject(data: Mapping[str, Any]) -> str | None:
    contact = data.get("contact")
    if isinstance(contact, dict):
        for name in ("id", "email", "phone"):
            if isinstance(contact.get(name), str | int) and contact[name] != "":
                return str(contact[name])
    return None


def _events(file: Path | None, subject: str | None) -> list[Happened]:
    if file is None:
        return []
    lines = [line for line in read_bytes(file).splitlines() if line.strip()]
    if len(lines) > MAX_EVENTS:
        raise UnreadableFile(
            f"{file} has more than {MAX_EVENTS:,} events.", remedy="Leave out those that do not matter."
        )
    read = (_event(decode(line, f"{file}, event {number}"), f"{file}, event {number}")
            for number, line in enumerate(lines, 1))  # fmt: skip
    return [event for event, about in read if about is None or subject is None or about == subject]


def _event(document: Any, where: str) -> tuple[Happened, str | None]:
    try:
        at = _time(document["time"])
        if is_deeper_than(document, MAX_VALUE_DEPTH):
            raise ValueError("nested too deeply")
        event = Happened(
            str(document["type"]),
            at if at.tzinfo else at.replace(tzinfo=UTC),
            dict(document.get("data") or {}),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as cause:
        remedy = 'Write {"time": "2026-03-29T09:00:00Z", "type": "email_event", "subject": "…", "data": {…}}.'
        raise UnreadableFile(f"{where} is no event.", remedy=remedy) from cause
    about = document.get("subject")
    about = about.get("id") if isinstance(about, dict) else about
    return event, None if about is None else str(about)


def _failure(text: str, workflow: Workflow) -> tuple[str, int]:
    node, _, attempts = text.rpartition(":")
    if node not in {found.id for found in workflow.nodes}:
        raise UnreadableFile(
            f"--fail {text[:80]!r} names no node of the workflow.", remedy="Write NODE:ATTEMPTS."
        )
    if not attempts.isascii() or not attempts.isdigit() or len(attempts) > 6:
        raise UnreadableFile(
            f"--fail {text[:80]!r} has no number of attempts.", remedy="Write NODE:ATTEMPTS."
        )
    return node, int(attempts)


def _execution_id(workflow: Workflow, data: Mapping[str, Any], at: datetime) -> str:
    digest = hashlib.sha256(exact_json.dumps([workflow.id, at.isoformat(), data])).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _is_let_in(trigger: Trigger, data: Mapping[str, Any], at: datetime, workflow: Workflow) -> bool:
    filters = trigger.parameters.get("filters")
    if filters is None:
        return True
    return evaluate(parse_condition(filters), data, now=at, timezone=workflow.settings.timezone)


def _not_started(
    program: Program, data: dict[str, Any], at: datetime, execution: str, subject: str
) -> Simulation:
    played = simulate(program, "", data, at, execution=execution, subject=subject)
    played.state.outcome, played.state.reason = "not_started", "The trigger's filters do not hold."
    return played
