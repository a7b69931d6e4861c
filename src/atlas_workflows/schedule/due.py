"""When a wait ends: `due_at(wait, now, …)`, pure; what only the caller knows comes in as arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.anniversaries import next_anniversary, read_yearly
from atlas_workflows.schedule.business_hours import WEEKDAYS, BusinessHours, Outside
from atlas_workflows.schedule.lengths import NO_LENGTH, Span, add_length, add_span, span
from atlas_workflows.schedule.moments import Moment, read_moment
from atlas_workflows.schedule.openings import last_open, next_open
from atlas_workflows.schedule.openness import ALL_DAY, MAXIMUM_DAYS, Openness
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.waits import (
    YEARLY_REMEDY,
    AnniversaryWait,
    BusinessHoursWait,
    ConditionWait,
    DurationWait,
    DynamicWait,
    EventWait,
    Restrained,
    TimeOfDayWait,
    UntilWait,
    Wait,
)
from atlas_workflows.schedule.zones import load_zone, to_local

# What a template gives may be a little late; beyond this it is a date of birth, or a slip.
FARTHEST_PAST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DueContext:
    """What a wait cannot know itself.

    `timezone` of the workflow; `hours`, `holidays` and `closures` of the organization; `holds` evaluates a condition
    on the execution's data, `render` fills in a template.
    """

    timezone: str = "UTC"
    hours: BusinessHours | None = None
    holidays: str | None = None
    closures: frozenset[date] = frozenset()
    holds: Callable[[Mapping[str, Any]], bool] | None = None
    render: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """`at`: when to wake (aware UTC), None for "only an event wakes it". `port`: where it then leaves."""

    at: datetime | None
    port: str = "main"


def due_at(wait: Wait, now: datetime, surroundings: DueContext = DueContext()) -> Due:
    """When a wait begun at the aware `now` ends; a time already past gives `now`.

    Raises ScheduleRefused when a rendered time cannot be read or is long past, or when nothing is ever open.
    """
    instant = now.astimezone(UTC).replace(tzinfo=None)
    if isinstance(wait, EventWait | ConditionWait):
        return _timeout(wait, instant, surroundings)
    due = _due(wait, instant, surroundings)
    return Due(max(due, instant).replace(tzinfo=UTC))


def look_back_since(wait: EventWait, now: datetime, surroundings: DueContext = DueContext()) -> datetime:
    """Events from this aware instant on count as awaited, though the wait only begins `now`."""
    if wait.look_back is None:
        return now
    instant = now.astimezone(UTC).replace(tzinfo=None)
    zone = load_zone(surroundings.timezone)
    return add_length(instant, -wait.look_back.amount, wait.look_back.unit, zone).replace(tzinfo=UTC)


def dynamic_length(wait: DynamicWait, holds: Callable[[Mapping[str, Any]], bool]) -> Span:
    """Length of a dynamic wait: each modifier whose condition holds, in turn."""
    length = span(wait.base.amount, wait.base.unit)
    for modifier in wait.modifiers:
        if not holds(modifier.condition):
            continue
        if modifier.operation == "add":
            length += span(modifier.amount, modifier.unit)
        elif modifier.operation == "set":
            length = span(modifier.amount, modifier.unit)
        else:
            length = length.times(modifier.amount)
    return length


def _due(wait: Wait, instant: datetime, around: DueContext) -> datetime:
    if isinstance(wait, BusinessHoursWait):
        zone = load_zone(wait.timezone or around.timezone)
        return _when_open(instant, instant, zone, _opening(wait, wait.hours or True, around))
    if isinstance(wait, EventWait | ConditionWait):
        raise TypeError(f"{type(wait).__name__} has no due time")
    zone = load_zone(getattr(wait, "timezone", None) or around.timezone)
    due = max(_unrestrained(wait, instant, zone, around), instant)
    return _when_open(due, instant, zone, _opening(wait, wait.business_hours_only, around))


def _unrestrained(
    wait: DurationWait | DynamicWait | UntilWait | AnniversaryWait | TimeOfDayWait,
    instant: datetime,
    zone: ZoneInfo,
    around: DueContext,
) -> datetime:
    match wait:
        case DurationWait():
            return add_length(instant, wait.amount, wait.unit, zone)
        case DynamicWait():
            holds = around.holds or (lambda condition: False)  # noqa: ARG005 - nothing known, nothing holds
            return add_span(instant, dynamic_length(wait, holds), zone)
        case UntilWait():
            return _until(wait, instant, zone, around)
        case AnniversaryWait():
            return _anniversary(wait, instant, zone, around)
        case TimeOfDayWait():
            return _time_of_day(wait, instant, zone)


def _timeout(wait: EventWait | ConditionWait, instant: datetime, around: DueContext) -> Due:
    if wait.timeout is None:
        return Due(None)
    at = add_length(instant, wait.timeout.amount, wait.timeout.unit, load_zone(around.timezone))
    return Due(at.replace(tzinfo=UTC), port="timeout")


def _until(wait: UntilWait, instant: datetime, zone: ZoneInfo, around: DueContext) -> datetime:
    text = _rendered(wait.at, "at", around)
    moment = read_moment(text.replace(" ", "T", 1) if len(text) > 10 else text, "at")
    if moment.day is not None:
        moment = Moment(wall=datetime.combine(moment.day, time.fromisoformat(wait.time)))
    due = add_span(moment.as_start(zone), _offset(wait), zone)
    if "{{" in wait.at and due < instant - FARTHEST_PAST:
        raise refuse("at", f"{text} is more than a year past ({wait.at[:60]}).", YEARLY_REMEDY)
    return due


def _anniversary(wait: AnniversaryWait, instant: datetime, zone: ZoneInfo, around: DueContext) -> datetime:
    yearly = read_yearly(_rendered(wait.of, "of", around), "of")
    at = time.fromisoformat(wait.time)
    return next_anniversary(yearly, instant, zone, at=at, leap_day=wait.leap_day, offset=_offset(wait))


def _offset(wait: UntilWait | AnniversaryWait) -> Span:
    return NO_LENGTH if wait.offset is None else span(wait.offset.amount, wait.offset.unit)


def _rendered(template: str, field: str, around: DueContext) -> str:
    text = (around.render(template) if around.render is not None else template).strip()
    if "{{" in text or not text:
        raise refuse(
            field, f"{template[:60]!r} has no value.", "Give the field a default, or check its name."
        )
    return text


def _time_of_day(wait: TimeOfDayWait, instant: datetime, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, wait.time.split(":"))
    today = to_local(instant, zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    for days in range(9):
        wall = today + timedelta(days=days)
        if wait.days is not None and WEEKDAYS[wall.weekday()] not in wait.days:
            continue
        found = first_instant(wall, zone)
        if found >= instant:
            return found
    raise AssertionError("eight days hold every weekday")  # pragma: no cover


def _opening(
    wait: Restrained | BusinessHoursWait, hours: bool | BusinessHours, around: DueContext
) -> tuple[Openness, Outside] | None:
    """What is open for this wait, and where closed time leads to; None where it does not ask."""
    if hours is False and wait.holidays is None and not wait.closures:
        return None
    if hours is True:
        hours = _hours_of_the_organization(around)
    week, outside = (ALL_DAY, "next") if hours is False else (hours.week, hours.outside)
    region = wait.holidays or around.holidays
    closed = around.closures.union(wait.closures)
    return Openness(week, region, closed), "previous" if outside == "previous" else "next"


def _hours_of_the_organization(around: DueContext) -> BusinessHours:
    if around.hours is None:
        raise refuse(
            "business_hours_only",
            "no business hours are given, and the organization has none.",
            'Write them into the wait: {"mon": ["09:00-17:00"], …}.',
        )
    return around.hours


def _when_open(
    due: datetime, instant: datetime, zone: ZoneInfo, opening: tuple[Openness, Outside] | None
) -> datetime:
    """`due`, or where closed time leads to from there; the last minute before a closing only if it is still ahead."""
    if opening is None or opening[0].closed_because(to_local(due, zone)) is None:
        return due
    openness, outside = opening
    found = last_open(due, zone, openness) if outside == "previous" else None
    if found is None or found < instant:
        found = next_open(due, zone, openness)
    if found is None:
        days = f"Nothing opens within {MAXIMUM_DAYS} days."
        raise refuse("business_hours", days, "Check the hours, holidays and closures.")
    return found
