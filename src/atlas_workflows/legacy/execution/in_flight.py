"""Executions that the old application had begun: where each stands, and what would have become of it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from atlas_workflows.engine.state import State, Status, Token
from atlas_workflows.legacy.engine.course import Course, Stop
from atlas_workflows.legacy.engine.planned import PlannedWait, Start
from atlas_workflows.legacy.execution.program import WAITING, LegacyProgram, event_of

# The longest that the old application let an execution run; what began before that and has no end is stuck for good.
LONGEST = timedelta(hours=1)
# Between the end of a wait and the next step's record; a process that lives does not take longer.
GRACE = timedelta(minutes=1)


class Fate(StrEnum):
    """What becomes of an execution that has no end in the old application's tables."""

    DRAINS = "drains"
    PARKED_HERE = "parked_here"
    PROCESS_GONE = "process_gone"
    NEVER_BEGUN = "never_begun"
    IN_A_STEP = "in_a_step"
    ALL_DONE = "all_done"
    NOT_KNOWN = "not_known"

    @property
    def sentence(self) -> str:
        """For people and the report."""
        return _SENTENCES[self]


_SENTENCES = {
    Fate.DRAINS: "The old application holds it in its process and ends it there.",
    Fate.PARKED_HERE: "It waited when the old application was stopped, and goes on here.",
    Fate.PROCESS_GONE: "Its wait was over and nothing followed: the process that held it was gone, and it would never have gone on.",
    Fate.NEVER_BEGUN: "Its row was written and nothing ever picked it up.",
    Fate.IN_A_STEP: "It stopped within a step; whether that was done nobody can tell, so it is not done again.",
    Fate.ALL_DONE: "All its steps are done; only its end was never written.",
    Fate.NOT_KNOWN: "Its recorded steps do not say where it stands.",
}


@dataclass(frozen=True, slots=True)
class Noted:
    """A recorded step: `status` completed, failed, skipped, or any other word where it has no end. `at` is the last time it names."""

    node: str
    status: str
    at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an execution stands. `stop` None: at none. `since`: when that began. `is_known`: whether the record leads there."""

    course: Course
    stop: Stop | None
    since: datetime
    has_steps: bool
    is_known: bool = True

    @property
    def due_at(self) -> datetime | None:
        """When its wait is over; None where it does not wait."""
        return (
            self.since + timedelta(seconds=self.stop.seconds) if isinstance(self.stop, PlannedWait) else None
        )


def standing(program: LegacyProgram, start: Start, steps: Iterable[Noted]) -> Standing:
    """Go along the recorded steps, as far as they lead."""
    course = Course(program.old, start, program.engine)
    told: dict[str, list[Noted]] = defaultdict(list)
    for step in steps:
        told[step.node].append(step)
    left = sum(map(len, told.values()))
    has_steps, since = left > 0, start.at
    course.begin()
    seen = 0
    while True:
        stop = course.go()
        for taken in course.steps[seen:]:
            if told[taken.node]:
                since = told[taken.node].pop(0).at or since
                left -= 1
        seen = len(course.steps)
        if stop is None:
            return Standing(course, None, since, has_steps, left == 0)
        note = told[stop.node][0] if told[stop.node] else None
        if note is None or _is_here(stop, note, left):
            began = since if note is None else note.at or since
            return Standing(course, stop, began, has_steps, left == (0 if note is None else 1))
        since = note.at or since
        course.known.now = max(course.known.now, since)
        _go_past(course, stop, note)


def _is_here(stop: Stop, note: Noted, left: int) -> bool:
    """Whether a step with a record is the one at which the execution stands.

    Some engines wrote a wait down when it began, some when it was over; where nothing follows, it began.
    """
    is_ended = note.status in ("completed", "skipped", "failed")
    return not is_ended or (isinstance(stop, PlannedWait) and left == 1)


def _go_past(course: Course, stop: Stop, note: Noted) -> None:
    if isinstance(stop, PlannedWait):
        course.passed(stop)
    elif note.status == "failed":
        course.failed(stop, note.error or "failed")
    elif note.status == "skipped":
        course.skipped(stop, "The old application skipped it.")
    else:
        course.done(stop)


def fate_of(found: Standing, begun_at: datetime, now: datetime, stopped_at: datetime | None) -> Fate:
    """`stopped_at`: when the old application was stopped for good; None while it lives and ends what it holds."""
    if not found.is_known:
        return Fate.NOT_KNOWN
    if found.stop is None:
        return Fate.ALL_DONE
    due_at = found.due_at
    if due_at is not None and found.has_steps:
        return _waits(due_at, now, stopped_at)
    if stopped_at is None and now - begun_at < LONGEST:
        return Fate.DRAINS
    return Fate.IN_A_STEP if found.has_steps else Fate.NEVER_BEGUN


def _waits(due_at: datetime, now: datetime, stopped_at: datetime | None) -> Fate:
    if stopped_at is None:
        return Fate.DRAINS if due_at + GRACE > now else Fate.PROCESS_GONE
    return Fate.PARKED_HERE if due_at > stopped_at else Fate.PROCESS_GONE


def parked(
    program: LegacyProgram, found: Standing, data: Mapping[str, Any], subject: str, now: datetime
) -> tuple[State, datetime]:
    """The state in which it goes on here, and when it is due; its effects from now on have keys of its own."""
    stop, due_at = found.stop, found.due_at
    assert isinstance(stop, PlannedWait) and due_at is not None  # noqa: PT018
    course, position = found.course, found.course.position
    due_at = max(due_at, now)
    roots = {**data, "contact": position.contact, WAITING: position.waiting}
    token = Token(0, stop.node, "", Status.WAIT, found.since, stop.key, due_at=due_at)
    token.details = {"events": [], "note": "It waited in the old application."}
    state = State(
        course.start.execution, program.workflow.id, subject, course.start.at, now, roots, position.made,
        next_token=1, visits=position.visits, steps=position.steps, tokens={0: token},
    )  # fmt: skip
    return state, due_at


def start_of(execution: str, at: datetime, data: Mapping[str, Any]) -> Start:
    """What the old execution began with, from roots of paths."""
    contact, organization = data.get("contact"), data.get("organization")
    return Start(
        execution,
        at,
        event_of(data),
        contact if isinstance(contact, Mapping) else {},
        organization if isinstance(organization, Mapping) else {},
    )
