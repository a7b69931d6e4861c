"""When a wait ends: `due_at(wait, now, …)`, pure; what only the caller knows comes in as arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.business_hours import WEEKDAYS, BusinessHours
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.openness import Openness
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.slots import add_months
from atlas_workflows.schedule.waits import (
    SECONDS,
    BusinessHoursWait,
    ConditionWait,
    DurationWait,
    DynamicWait,
    EventWait,
    TimeOfDayWait,
    UntilWait,
    Wait,
)
from atlas_workflows.schedule.zones import load_zone, to_local

Number = int | Decimal
_WALL_UNITS = ("days", "weeks", "months")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a wait cannot know itself.

    `timezone` and `hours` of the organization, `holds` evaluates a condition on the execution's data,
    `render` fills in a template.
    """

    timezone: str = "UTC"
    hours: BusinessHours | None = None
    holidays: str | None = None
    holds: Callable[[Mapping[str, Any]], bool] | None = None
    render: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """`at`: when to wake (aware UTC), None for "only an event wakes it". `port`: where it then leaves."""

    at: datetime | None
    port: str = "main"


def due_at(wait: Wait, now: datetime, surroundings: Surroundings = Surroundings()) -> Due:
    """When a wait begun at the aware `now` ends; a time already past gives `now`.

    Raises ScheduleRefused (field `at`) when a rendered time cannot be read.
    """
    instant = now.astimezone(UTC).replace(tzinfo=None)
    if isinstance(wait, EventWait | ConditionWait):
        return _timeout(wait, instant, surroundings)
    due = _due(wait, instant, surroundings)
    return Due(max(due, instant).replace(tzinfo=UTC))


def look_back_since(wait: EventWait, now: datetime, surroundings: Surroundings = Surroundings()) -> datetime:
    """Events from this aware instant on count as awaited, though the wait only begins `now`."""
    if wait.look_back is None:
        return now
    instant = now.astimezone(UTC).replace(tzinfo=None)
    zone = load_zone(surroundings.timezone)
    return add_length(instant, -wait.look_back.amount, wait.look_back.unit, zone).replace(tzinfo=UTC)


def add_length(instant: datetime, amount: Number, unit: str, zone: ZoneInfo) -> datetime:
    """`instant` (naive UTC) plus a length: whole days, weeks and months keep the wall clock of the zone."""
    if unit not in _WALL_UNITS or amount != int(amount):
        return instant + timedelta(seconds=float(amount * SECONDS[unit]))
    wall = to_local(instant, zone)
    if unit == "months":
        later = add_months(wall, int(amount))
    else:
        later = wall + timedelta(days=int(amount) * (7 if unit == "weeks" else 1))
    return first_instant(later, zone)


def dynamic_seconds(wait: DynamicWait, holds: Callable[[Mapping[str, Any]], bool]) -> Number:
    """Length of a dynamic wait: each modifier whose condition holds, in turn; never below zero."""
    seconds: Number = wait.base.amount * SECONDS[wait.base.unit]
    for modifier in wait.modifiers:
        if not holds(modifier.condition):
            continue
        length = modifier.amount * SECONDS[modifier.unit]
        if modifier.operation == "add":
            seconds = seconds + length
        elif modifier.operation == "set":
            seconds = length
        else:
            seconds = seconds * modifier.amount
    return max(seconds, 0)


def _due(wait: Wait, instant: datetime, around: Surroundings) -> datetime:
    if isinstance(wait, DurationWait):
        return _duration(wait, instant, around)
    if isinstance(wait, DynamicWait):
        return _dynamic(wait, instant, around)
    if isinstance(wait, UntilWait):
        return _until(wait, around)
    if isinstance(wait, TimeOfDayWait):
        return _time_of_day(wait, instant, around)
    if isinstance(wait, BusinessHoursWait):
        hours = wait.hours or around.hours
        zone = load_zone(wait.timezone or around.timezone)
        return instant if hours is None else _opened(instant, hours, zone, around)
    raise TypeError(f"{type(wait).__name__} has no due time")


def _timeout(wait: EventWait | ConditionWait, instant: datetime, around: Surroundings) -> Due:
    if wait.timeout is None:
        return Due(None)
    at = add_length(instant, wait.timeout.amount, wait.timeout.unit, load_zone(around.timezone))
    return Due(at.replace(tzinfo=UTC), port="timeout")


def _duration(wait: DurationWait, instant: datetime, around: Surroundings) -> datetime:
    zone = load_zone(around.timezone)
    due = add_length(instant, wait.amount, wait.unit, zone)
    hours = around.hours if wait.business_hours_only is True else wait.business_hours_only
    return _opened(due, hours, zone, around) if isinstance(hours, BusinessHours) else due


def _dynamic(wait: DynamicWait, instant: datetime, around: Surroundings) -> datetime:
    holds = around.holds or (lambda condition: False)  # noqa: ARG005 - nothing known, nothing holds
    if not any(holds(modifier.condition) for modifier in wait.modifiers):
        return add_length(instant, wait.base.amount, wait.base.unit, load_zone(around.timezone))
    seconds = min(dynamic_seconds(wait, holds), 10 * 366 * 86_400)
    return instant + timedelta(seconds=float(seconds))


def _until(wait: UntilWait, around: Surroundings) -> datetime:
    text = around.render(wait.at) if around.render is not None else wait.at
    zone = load_zone(wait.timezone or around.timezone)
    if "{{" in text or not text.strip():
        raise refuse("at", f"{wait.at[:60]!r} has no value.", "Give the field a default, or check its name.")
    instant = read_moment(text.replace(" ", "T", 1) if len(text) > 10 else text, "at").as_start(zone)
    if wait.offset is None:
        return instant
    return add_length(instant, wait.offset.amount, wait.offset.unit, zone)


def _time_of_day(wait: TimeOfDayWait, instant: datetime, around: Surroundings) -> datetime:
    zone = load_zone(wait.timezone or around.timezone)
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


def _opened(instant: datetime, hours: BusinessHours, zone: ZoneInfo, around: Surroundings) -> datetime:
    """The first open instant at or after `instant`."""
    wall = to_local(instant, zone)
    openness = Openness(hours.week, around.holidays)
    if openness.closed_because(wall) is None:
        return instant
    target = openness.next_open(wall)
    return instant if target is None else max(instant, first_instant(target, zone))
