"""Where closed time leads to on the line of instants: the next open one, or the last one before closing.

Opening hours are wall-clock time, so both passes of a repeated hour are open if one is, and hours inside a gap
are never open. Between two changes of offset wall clock and instants run alike; at each change the question is
asked anew. All datetimes are naive: `instant` is UTC.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.business_hours import Outside
from atlas_workflows.schedule.openness import MAXIMUM_DAYS, Openness
from atlas_workflows.schedule.placement import place
from atlas_workflows.schedule.zones import offset_at, to_local

_DAY, _MINUTE, _SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


def moved(instant: datetime, zone: ZoneInfo, openness: Openness, outside: Outside) -> datetime | None:
    """Where an occurrence in closed time goes; None where it is dropped or nothing opens within MAXIMUM_DAYS."""
    if outside == "skip":
        return None
    return next_open(instant, zone, openness) if outside == "next" else last_open(instant, zone, openness)


def next_open(instant: datetime, zone: ZoneInfo, openness: Openness) -> datetime | None:
    """The first open instant at or after `instant`; where only whole days are closed the time of day stays."""
    if openness.keeps_time_of_day:
        return _same_time(instant, zone, openness, _DAY)
    while True:
        offset = offset_at(instant, zone)
        target = openness.next_open(instant + offset)
        if target is None:
            return None
        found = target - offset
        change = _first_change(instant, found, zone)
        if change is None:
            return found
        instant = change


def last_open(instant: datetime, zone: ZoneInfo, openness: Openness) -> datetime | None:
    """The last open minute at or before `instant`; where only whole days are closed the time of day stays."""
    if openness.keeps_time_of_day:
        return _same_time(instant, zone, openness, -_DAY)
    while True:
        offset = offset_at(instant, zone)
        target = openness.previous_open(instant + offset)
        if target is None:
            return None
        found = target - offset
        change = _first_change(found, instant, zone)
        while change is not None and (later := _first_change(change, instant, zone)) is not None:
            change = later
        if change is None:
            return found
        instant = change - _MINUTE


def _same_time(instant: datetime, zone: ZoneInfo, openness: Openness, step: timedelta) -> datetime | None:
    wall = to_local(instant, zone)
    for days in range(MAXIMUM_DAYS):
        passes = [found for found, _ in place(wall + days * step, zone, "next", "both", elapsed=False)]
        if step < timedelta():
            passes = [found for found in reversed(passes) if found <= instant] or passes[:1]
        else:
            passes = [found for found in passes if found >= instant] or passes[-1:]
        # A day that the zone left out ends in the next one, which may be closed too.
        if openness.closed_because(to_local(passes[0], zone)) is None:
            return passes[0]
    return None


def _first_change(after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant in (after, until] at which another offset begins; changes are more than a day apart."""
    offset = offset_at(after, zone)
    low = after
    while low < until:
        high = min(low + _DAY, until)
        if offset_at(high, zone) != offset:
            return _begin(low, high, zone)
        low = high
    return None


def _begin(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The whole second at which the offset of `high` begins, `low` still having another one."""
    low, offset = low.replace(microsecond=0), offset_at(high, zone)
    high = high.replace(microsecond=0) + (_SECOND if high.microsecond else timedelta())
    while high - low > _SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if offset_at(middle, zone) == offset else (middle, high)
    return high
