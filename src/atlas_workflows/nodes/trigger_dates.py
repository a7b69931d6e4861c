"""On which day the triggers fire that look at a date of the contact: once, or whenever the date comes round."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.expressions.moment import Moment, when
from atlas_workflows.expressions.paths import look_up, parse_path
from atlas_workflows.nodes.trigger_questions import Answer
from atlas_workflows.schedule.anniversaries import LeapDay, next_anniversary, read_yearly
from atlas_workflows.schedule.lengths import Span, add_span
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.zones import load_zone, to_local


def asks_for_the_day(
    paths: tuple[str, ...],
    data: Mapping[str, Any],
    at: Moment,
    *,
    time_of_day: str,
    offset: Span,
    leap_day: LeapDay | None,
) -> Answer:
    """Whether the trigger fires on the day of `at`; `leap_day` is None for a date that comes once.

    The first of `paths` that is there holds the date.
    """
    values = (look_up(data, parse_path(path)) for path in paths)
    found = next((value for value in values if isinstance(value, str)), None)
    if found is None:
        return Answer(unchecked=paths[:1])
    zone = load_zone(str(at.zone))
    clock = time.fromisoformat(time_of_day)
    try:
        fires = (
            _once(found, at, zone, clock, offset)
            if leap_day is None
            else _yearly(found, at, zone, clock, offset, leap_day)
        )
    except ScheduleRefused as refused:
        return Answer((refused.fact,))
    local, today = to_local(fires, zone), _today(at, zone)
    if local.date() == today:
        return Answer()
    return Answer((f"It fires on {local:%Y-%m-%d at %H:%M}, not on {today}.",))


def _once(value: str, at: Moment, zone: ZoneInfo, clock: time, offset: Span) -> datetime:
    found = when(value, at)
    if found is None:
        raise refuse("field", f"{value[:40]!r} is no date.", "Write 2026-03-29.")
    return add_span(first_instant(datetime.combine(found.day, clock), zone), offset, zone)


def _yearly(value: str, at: Moment, zone: ZoneInfo, clock: time, offset: Span, leap_day: LeapDay) -> datetime:
    midnight = first_instant(datetime.combine(_today(at, zone), time.min), zone)
    yearly = read_yearly(value, "field")
    return next_anniversary(yearly, midnight, zone, at=clock, leap_day=leap_day, offset=offset)


def _today(at: Moment, zone: ZoneInfo) -> date:
    return at.now.astimezone(zone).date()
