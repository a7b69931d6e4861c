"""Why an occurrence starts, and whether it still may: decided at the real start, with the clock as an argument. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from atlas_workflows.recurring.entry import Entry
from atlas_workflows.schedule.decisions import ON_TIME, is_wanted, on_overlap
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

GONE = "The workflow is paused, archived or not published with this schedule any more."


class Cause(StrEnum):
    """Who asks: the schedule, an Airflow backfill of a time past, or a person."""

    DUE = "due"
    BACKFILL = "backfill"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Recurring:
    """Which schedule of which workflow."""

    organization: str
    workflow: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """One occurrence. `key` is the anchor of enrolment: the same occasion twice enrols nobody twice."""

    cause: Cause
    due: datetime
    key: str

    @property
    def subject(self) -> str:
        """What an execution is about that is about nobody."""
        return f"schedule:{self.key}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the occasion starts, and why not. `cancels`: executions of earlier ones that have to go first.

    `waits`: it starts when they are over.
    """

    may_start: bool
    why: str
    cancels: tuple[str, ...] = ()
    waits: bool = False


def due_occasion(due: datetime, cause: Cause = Cause.DUE) -> Occasion:
    """The occasion of a due instant; an Airflow backfill of an instant has the same key as the schedule itself."""
    return Occasion(cause, due, f"{due.astimezone(UTC).replace(tzinfo=None).isoformat()}Z")


def occasion_by_hand(run: str, at: datetime) -> Occasion:
    """The occasion of somebody's DAG run."""
    return Occasion(Cause.BY_HAND, at, f"manual:{run}")


def decide(
    entry: Entry | None, occasion: Occasion, under_way: Sequence[str], now: datetime, *, buffered: int = 0
) -> Verdict:
    """Whether an occasion of `entry` may start `now`; None: it is not published any more, or not ours.

    `under_way` are the executions of earlier occasions that are not over; `buffered` of them wait their turn.
    """
    if entry is None:
        return Verdict(False, GONE)
    spec = parse_spec(entry.schedule)
    if not spec.enabled:
        return Verdict(False, "The schedule is switched off.")
    schedule = Schedule(spec, workflow_id=entry.workflow)
    if occasion.cause is Cause.DUE and (why := _too_late(schedule, occasion.due, now)) is not None:
        return Verdict(False, why)
    overlap = on_overlap(spec, executing=len(under_way), buffered=buffered)
    if overlap == "start":
        return Verdict(True, "")
    if overlap == "cancel_and_start":
        return Verdict(True, "", tuple(under_way))
    return Verdict(False, _in_the_way(len(under_way), buffered, overlap), waits=overlap == "buffer")


def decide_buffered(entry: Entry | None, occasion: Occasion, under_way: int, now: datetime) -> Verdict:
    """Whether the one that waited its turn starts `now`; one that neither starts nor waits any more is given up."""
    if entry is None or (occasion.cause is Cause.DUE and occasion.due < entry.since):
        return Verdict(False, GONE)
    spec = parse_spec(entry.schedule)
    if not spec.enabled:
        return Verdict(False, "The schedule is switched off.")
    if under_way:
        return Verdict(False, _in_the_way(under_way, 0, "buffer"), waits=True)
    closed = Schedule(spec, workflow_id=entry.workflow).closed_because(now)
    if closed is not None and occasion.cause is Cause.DUE:
        return Verdict(False, f"It is closed ({closed}).", waits=True)
    return Verdict(True, "")


def _in_the_way(under_way: int, buffered: int, overlap: str) -> str:
    said = f"{under_way} executions of earlier occurrences are under way"
    if buffered:
        said = f"{said}, and another one waits its turn"
    return f"{said}; it waits its turn." if overlap == "buffer" else f"{said}."


def _too_late(schedule: Schedule, due: datetime, now: datetime) -> str | None:
    """Why what was due then is not started now; the hours count at the real start, which may be much later."""
    if not is_wanted(schedule, due, now):
        policy = schedule.spec.catch_up.mode
        return f"It was due at {due:%Y-%m-%d %H:%M:%S} UTC; catch-up {policy} does not make up for that now."
    if now - due > ON_TIME and (why := schedule.closed_because(now)) is not None:
        return f"It was due at {due:%Y-%m-%d %H:%M:%S} UTC; now it is closed ({why})."
    return None
