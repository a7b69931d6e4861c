"""HOURLY and MINUTELY recurrence rules without BYHOUR: steps of elapsed time from DTSTART, on the days that the rule allows.

Wall clocks cannot count hours: five hours after 20:00 is 01:00 once and 00:00 or 02:00 where the clock changes in
between. So these rules step over instants; days, months and minutes are then looked up on the wall clock.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.recurrence import (
    FRUITLESS_DAYS,
    HORIZON_YEARS,
    STEP,
    Rule,
    build,
    days_allowed,
)
from atlas_workflows.schedule.zones import to_local

_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def elapsed_instants(rule: Rule, dtstart: datetime, since: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Instants (naive UTC) of the rule from `since` on, ascending; ends after FRUITLESS_DAYS without one."""
    start = dtstart.replace(second=0, microsecond=0)
    built = build(rule, to_local(start, zone))
    first = start if rule.counted else max(start, since)
    left, fruitful = rule.count, to_local(first, zone).date()
    for day in days_allowed(built, fruitful):
        if (day - fruitful).days > FRUITLESS_DAYS or day.year > since.year + HORIZON_YEARS:
            return
        for instant in _on_day(rule, built, start, day, zone):
            if instant < dtstart:
                continue
            fruitful = day
            if left is not None:
                left -= 1
                if left < 0:
                    return
            if instant >= since:
                yield instant


def _on_day(rule: Rule, built: Any, start: datetime, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Steps on one local day, which has 23 to 25 hours."""
    begin = first_instant(datetime.combine(day, time.min), zone)
    end = first_instant(datetime.combine(day + _DAY, time.min), zone)
    step = STEP[built._freq] * built._interval
    if STEP[built._freq] == _MINUTE:
        return _minutely(built, _steps(start, step, begin, end), zone)
    if not rule.names_minutes:
        return _steps(start, step, begin, end) if _picked(built, [0]) else iter(())
    hours = start - _MINUTE * to_local(start, zone).minute
    return iter(_hourly(built, _steps(hours, step, begin - _HOUR, end), begin, end, zone))


def _steps(start: datetime, step: timedelta, begin: datetime, end: datetime) -> Iterator[datetime]:
    instant = start + max(0, -((start - begin) // step)) * step
    while instant < end:
        yield instant
        instant += step


def _minutely(built: Any, steps: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    if not _picked(built, [0]):
        return iter(())
    if not built._byminute:
        return steps
    return (instant for instant in steps if to_local(instant, zone).minute in built._byminute)


def _hourly(
    built: Any, steps: Iterator[datetime], begin: datetime, end: datetime, zone: ZoneInfo
) -> list[datetime]:
    """The named minutes of every counted hour; in a zone that changes by half an hour, those of its wall clock."""
    minutes = _picked(built, sorted(built._byminute))
    found: set[datetime] = set()
    for hour in steps:
        hour -= _MINUTE * to_local(hour, zone).minute
        found.update(hour + _MINUTE * minute for minute in minutes)
    return sorted(
        each for each in found if begin <= each < end and to_local(each, zone).minute in built._byminute
    )


def _picked(built: Any, members: list[int]) -> list[int]:
    """Those of the period's set that BYSETPOS names; all without it."""
    if not built._bysetpos:
        return members
    size = len(members)
    places = {place - 1 if place > 0 else size + place for place in built._bysetpos}
    return [members[place] for place in sorted(places) if 0 <= place < size]
