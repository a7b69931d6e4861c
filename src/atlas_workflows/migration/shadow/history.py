"""A recorded execution of the old application, brought into one form from the columns of any shape. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads

_WORDS = {
    **dict.fromkeys(("completed", "success", "succeeded", "done"), "completed"),
    **dict.fromkeys(("failed", "error"), "failed"),
    **dict.fromkeys(("skipped",), "skipped"),
    **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
}
ENDED = frozenset(_WORDS) | {"timeout"}
UNFINISHED = "unfinished"
_NAMES = ("nodeId", "node_id", "step_id", "stepId")
_LABELS = ("nodeLabel", "step_name", "stepName", "label", "action")
_TIMES = ("completedAt", "completed_at", "timestamp", "startedAt", "started_at")
_SUBJECTS = ("leadId", "lead_id", "contactId", "contact_id", "clientId", "client_id")
_PEOPLE = ("lead", "contact", "client")
BY_HAND = "manual"


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """`status`: completed, failed, skipped, cancelled, or unfinished for every other word. `at`: the last time it names."""

    name: str
    label: str
    status: str
    error: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """`event` is what started it, `lead` what its record keeps of the lead. `steps` None: the table keeps none."""

    id: str
    status: str
    started_at: datetime
    starter: str
    event: Mapping[str, Any] = field(default_factory=dict)
    lead: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[RecordedStep, ...] | None = None
    error: str | None = None

    @property
    def subject(self) -> str | None:
        """The lead's or contact's id as the event names it."""
        named = next((self.event[name] for name in _SUBJECTS if self.event.get(name)), self.lead.get("id"))
        return None if named is None else str(named)


def recorded(
    id_: str,
    status: str | None,
    started_at: datetime,
    starter: str | None,
    event: str | None,
    context: str | None,
    error: str | None,
    steps: Iterable[Mapping[str, Any]] | str | None,
) -> Recorded:
    """From the columns' texts; what is no JSON of the expected form counts as nothing."""
    told, around = _object(event), _object(context)
    people = (
        place[name] for place in (told, around) for name in _PEOPLE if isinstance(place.get(name), dict)
    )
    listed = _list(steps) if isinstance(steps, str) else steps
    return Recorded(
        id=id_,
        status=word_of(status),
        started_at=started_at,
        starter=_starter(starter, told),
        event=told,
        lead=next(people, {}),
        steps=None if listed is None else tuple(_step(step) for step in listed if isinstance(step, Mapping)),
        error=error,
    )


def word_of(status: Any) -> str:
    """One word for all spellings of a status."""
    return _WORDS.get(status.strip().lower(), UNFINISHED) if isinstance(status, str) else UNFINISHED


def _step(step: Mapping[str, Any]) -> RecordedStep:
    error = step.get("error")
    status = word_of(step.get("status"))
    if step.get("status") is None and isinstance(step.get("success"), bool):
        status = "completed" if step["success"] else "failed"
    return RecordedStep(
        _text(step, _NAMES), _text(step, _LABELS), status, None if error is None else str(error), _time(step)
    )


def _time(step: Mapping[str, Any]) -> datetime | None:
    found = _text(step, _TIMES)
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _starter(starter: str | None, event: Mapping[str, Any]) -> str:
    if starter:
        return starter.strip().lower()
    return str(event.get("triggeredBy") or event.get("type") or "").strip().lower()


def _text(step: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(step[name]) for name in names if step.get(name) not in (None, "")), "")


def _object(text: str | None) -> Mapping[str, Any]:
    found = _loaded(text)
    return found if isinstance(found, dict) else {}


def _list(text: str) -> list[Any]:
    found = _loaded(text)
    return found if isinstance(found, list) else []


def _loaded(text: str | None) -> Any:
    try:
        found = loads(text) if text else None
        return loads(found) if isinstance(found, str) else found
    except AtlasError:
        return None
