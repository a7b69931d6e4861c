"""What `atlas workflow execute` is given beside the workflow: data, events, the start, attempts that fail. Checked here."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from atlas_workflows.cli.workflow_file import UnreadableFile, decode, read_bytes, read_document
from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.limits import MAX_VALUE_DEPTH
from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions.moment import zone_named
from atlas_workflows.graph.limits import is_deeper_than
from atlas_workflows.graph.model import Workflow
from atlas_workflows.nodes.trial import MAX_EVENTS, data_of, is_playable, require_can_fail

_EXAMPLE = 'Write {"time": "2026-03-29T09:00:00Z", "type": "email_event", "subject": "…", "data": {…}}.'


@dataclass(frozen=True, slots=True)
class Events:
    """The events about the subject, and how many lines were about others or came twice."""

    events: tuple[Happened, ...] = ()
    of_others: int = 0
    repeated: int = 0


def read_data(source: Path) -> dict[str, Any]:
    """The roots of paths: contact, trigger, and what else the file holds. Raises UnreadableFile, TrialRefused."""
    return data_of(read_document(source), str(source))


def read_start(text: str | None, workflow: Workflow) -> datetime:
    """The instant of the start in UTC; a time without offset is meant in the workflow's zone. Raises UnreadableFile."""
    try:
        zone = zone_named(workflow.settings.timezone)
        at = datetime.now(UTC) if text is None else _time(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except ExpressionInvalid as error:
        raise UnreadableFile(f"settings.timezone: {error.fact}", remedy=error.remedy) from error
    except (ValueError, OverflowError) as cause:
        fact = f"--at {str(text)[:60]!r} is not an ISO time."
        remedy = "Write 2026-03-29T09:00:00Z, or without Z for the workflow's zone."
        raise UnreadableFile(fact, remedy=remedy) from cause


def read_events(file: Path | None, subject: str | None, workflow: Workflow) -> Events:
    """Events about the subject, or about nobody in particular; an `id` that came before is the same event again.

    A time without offset is meant in the workflow's zone, as `--at` is.
    """
    if file is None:
        return Events()
    lines = [line for line in read_bytes(file).splitlines() if line.strip()]
    if len(lines) > MAX_EVENTS:
        fact = f"{file} has more than {MAX_EVENTS:,} events."
        raise UnreadableFile(fact, remedy="Leave out those that do not matter.")
    zone = zone_named(workflow.settings.timezone)
    found: list[Happened] = []
    seen: set[str] = set()
    of_others = repeated = 0
    for number, line in enumerate(lines, 1):
        where = f"{file}, event {number}"
        document = decode(line, where)
        event, about, id_ = _event(document, where, zone)
        if id_ is not None and id_ in seen:
            repeated += 1
        elif about is not None and subject is not None and about != subject:
            of_others += 1
        else:
            found.append(event)
        seen |= {id_} if id_ is not None else set()
    return Events(tuple(found), of_others, repeated)


def read_failure(text: str, workflow: Workflow) -> tuple[str, int]:
    """NODE:ATTEMPTS. Raises UnreadableFile, TrialRefused."""
    node, _, attempts = text.rpartition(":")
    said = f"--fail {text[:80]!r}"
    if node in {found.id for found in workflow.nodes} and (
        not attempts.isascii() or not attempts.isdigit() or len(attempts) > 6
    ):
        raise UnreadableFile(f"{said} has no number of attempts.", remedy="Write NODE:ATTEMPTS.")
    require_can_fail(workflow, node, said, field="--fail")
    return node, int(attempts)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if not is_playable(at):
        raise ValueError(text)
    return at


def _event(document: Any, where: str, zone: tzinfo) -> tuple[Happened, str | None, str | None]:
    if not isinstance(document, dict):
        raise UnreadableFile(f"{where} is no JSON object.", remedy=_EXAMPLE)
    if is_deeper_than(document, MAX_VALUE_DEPTH):
        raise UnreadableFile(
            f"{where} is nested more than {MAX_VALUE_DEPTH} levels deep.", remedy="Flatten it."
        )
    type_, data = document.get("type"), document.get("data")
    if not isinstance(type_, str) or not type_:
        raise UnreadableFile(f"{where}: type is not the name of an event.", remedy=_EXAMPLE)
    if data is not None and not isinstance(data, dict):
        raise UnreadableFile(f"{where}: data is no object.", remedy=_EXAMPLE)
    about = document.get("subject")
    about = about.get("id") if isinstance(about, dict) else about
    id_ = document.get("id")
    event = Happened(type_, _event_time(document.get("time"), where, zone), dict(data or {}))
    return event, None if about is None else str(about), None if id_ is None else str(id_)


def _event_time(text: Any, where: str, zone: tzinfo) -> datetime:
    try:
        at = _time(text)
    except (TypeError, ValueError, OverflowError) as cause:
        fact = f"{where}: time {str(text)[:60]!r} is not an ISO time."
        raise UnreadableFile(fact, remedy=_EXAMPLE) from cause
    return at if at.tzinfo else at.replace(tzinfo=zone).astimezone(UTC)
