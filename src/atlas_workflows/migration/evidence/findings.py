"""What a survey found, brought to one verdict per workflow. Pure: numbers in, classes out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from sys import intern
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.evidence.events import Asked, asked_by
from atlas_workflows.legacy.evidence.forecast import WINDOW_DAYS
from atlas_workflows.legacy.evidence.seen import Evidence, Seen, StepSeen
from atlas_workflows.legacy.triggers.doors import SCHEDULED, WEBHOOK, door_of, read_by_door

# From so many times on "every time" means something, and a node counts as executed often.
SEVERAL, OFTEN = 3, 20
HAND, ANY_EVENT = "hand", "event"
_WORDS = {
    **dict.fromkeys(("completed", "success", "succeeded", "done"), "done"),
    **dict.fromkeys(("failed", "error"), "failed"),
    "skipped": "skipped",
}

# (organization, kind) -> detail -> day -> events.
Days = Mapping[tuple[str, str], Mapping[str, Mapping[date, int]]]
Totals = Mapping[tuple[str, str], Mapping[str, int]]
Steps = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Head:
    """A workflow as the doors saw it."""

    id: str
    organization_id: str | None
    is_live: bool
    trigger_type: str | None
    trigger_config: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Started:
    """Executions of one workflow with one mark of what started them."""

    executions: int = 0
    failed: int = 0
    recently: int = 0
    subjects: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything the survey counted; `since` to `until` is the window."""

    since: datetime
    until: datetime | None
    heads: tuple[Head, ...] = ()
    started: Mapping[str, Mapping[str, Started]] = field(default_factory=dict)
    steps: Mapping[str, Steps] = field(default_factory=dict)
    days: Days = field(default_factory=dict)
    deliveries: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence of one workflow: the class, and the counts behind it."""

    head: Head
    seen: Seen
    executions: int
    by_hand: int
    by_event: Started
    events: tuple[int, int]
    steps: Steps

    @property
    def evidence(self) -> Evidence:
        """What translation reads of it."""
        return Evidence(
            self.seen,
            self.by_hand > 0,
            {node: step_seen(times) for node, times in self.steps.items()},
            frozenset(node for node, times in self.steps.items() if times.get("done", 0) >= OFTEN),
        )


def window_until(until: datetime) -> datetime:
    """Where the window begins."""
    return until - timedelta(days=WINDOW_DAYS)


def judged(observed: Observed) -> tuple[Found, ...]:
    """One finding per workflow."""
    totals = {
        key: {detail: sum(by_day.values()) for detail, by_day in details.items()}
        for key, details in observed.days.items()
    }
    return tuple(_found(head, observed, totals) for head in observed.heads)


def step_seen(times: Mapping[str, int]) -> StepSeen:
    """What became of a node over all executions that reached it."""
    done, skipped, failed = (times.get(name, 0) for name in ("done", "skipped", "failed"))
    if done:
        return StepSeen.DONE
    if skipped and failed:
        return StepSeen.SELDOM
    if max(skipped, failed) < SEVERAL:
        return StepSeen.SELDOM
    return StepSeen.SKIPPED if skipped else StepSeen.FAILED


def counted_steps(rows: Iterable[tuple[str, str | None, str | None, int]]) -> dict[str, Steps]:
    """(workflow, node, status, times) as workflow -> node -> done, skipped, failed. Steps that never ended say nothing."""
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for workflow, node, status, times in rows:
        word = _WORDS.get((status or "").strip().lower())
        if node and word:
            # The same names come in every workflow; memory holds each once.
            counts = found[workflow].setdefault(intern(node.strip()), {})
            counts[word] = counts.get(word, 0) + times
    return dict(found)


def added(counts: Sequence[Mapping[str, Steps]]) -> Mapping[str, Steps]:
    """What several sources counted, as one."""
    if len(counts) == 1:
        return counts[0]
    return counted_steps(
        (workflow, node, word, times)
        for each in counts
        for workflow, nodes in each.items()
        for node, words in nodes.items()
        for word, times in words.items()
    )


def counted_events(days: Days) -> dict[tuple[str, str, str], int]:
    """(organization, kind, detail) -> events of the window."""
    return {
        (organization, kind, detail): sum(by_day.values())
        for (organization, kind), details in days.items()
        for detail, by_day in details.items()
    }


def _found(head: Head, observed: Observed, totals: Totals) -> Found:
    started = observed.started.get(head.id, {})
    by_event = _by_event(head, started)
    events = _events(head, observed, totals)
    return Found(
        head=head,
        seen=_seen(head, by_event, events),
        executions=sum(item.executions for item in started.values()),
        by_hand=started.get(HAND, Started()).executions,
        by_event=by_event,
        events=events,
        steps=observed.steps.get(head.id, {}),
    )


def _by_event(head: Head, started: Mapping[str, Started]) -> Started:
    """Executions by the events that the column asks for: those marked as such, and those that say nothing."""
    door = door_of(head.trigger_type)
    marks = (door, ANY_EVENT) if door else (SCHEDULED,) if head.trigger_type == SCHEDULED else ()
    parts = [started[mark] for mark in marks if mark in started]
    lasts = [part.last_at for part in parts if part.last_at is not None]
    return Started(
        sum(part.executions for part in parts),
        sum(part.failed for part in parts),
        sum(part.recently for part in parts),
        sum(part.subjects for part in parts),
        max(lasts, default=None),
    )


def _seen(head: Head, by_event: Started, events: tuple[int, int]) -> Seen:
    if by_event.recently:
        return Seen.FIRES
    if head.is_live and events[0]:
        return Seen.SILENT  # also where it fired long ago: it no longer does
    return Seen.FIRES if by_event.executions else Seen.NOTHING


def _events(head: Head, observed: Observed, totals: Totals) -> tuple[int, int]:
    """(fewest, most) events of the window that the column's filters let through, since the workflow exists."""
    door = door_of(head.trigger_type)
    if door is None or head.organization_id is None:
        return 0, 0
    if door == WEBHOOK:
        last = observed.deliveries.get(head.id)
        return (1, 1) if last is not None and last > observed.since else (0, 0)
    asked = _asked(door, head)
    if asked is None:
        return 0, 0
    key = (head.organization_id, asked.kind)
    counts = totals.get(key, {})
    if head.created_at is not None and head.created_at > observed.since:
        counts = _since(head.created_at, observed.days.get(key, {}))
    most = sum(count for detail, count in counts.items() if asked.details is None or detail in asked.details)
    return (most if asked.is_certain else 0), most


def _since(created_at: datetime, details: Mapping[str, Mapping[date, int]]) -> dict[str, int]:
    """Events since a workflow was made; the day on which that was counts only from the next one on."""
    made_on = created_at.astimezone(UTC).date()
    return {
        detail: sum(count for day, count in by_day.items() if day > made_on)
        for detail, by_day in details.items()
    }


def _asked(door: str, head: Head) -> Asked | None:
    read, _ = read_by_door(door, _config(head.trigger_config))
    parameters: dict[str, Any] = {}
    for name, value in read.items():
        if value in (None, "", [], {}) or (isinstance(value, str) and value.lower() == "all"):
            continue
        known = {"source": "sources", "formId": "form_ids"}.get(name, name)
        parameters[known] = [value] if isinstance(value, str) else value
    return asked_by(door, parameters)


def _config(text: str | None) -> Mapping[str, Any]:
    try:
        found = loads(text) if text else {}
    except AtlasError:
        return {}
    return found if isinstance(found, dict) else {}
