"""Puts a wall-clock time on the line of instants: what happens to times that do not exist or occur twice.

All datetimes here are naive: `wall` is local time, an instant is UTC.
"""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.zones import offset_at

Gap = Literal["next", "skip"]
Fold = Literal["first", "second", "both"]
Placed = tuple[datetime, str | None]


def place(wall: datetime, zone: ZoneInfo, gap: Gap, fold: Fold, elapsed: bool) -> tuple[Placed, ...]:
    """Instants (with what moved them) of one wall-clock time.

    `elapsed`: the schedule runs on through a repeated hour, so both its passes count whatever `fold` says.
    """
    before, after = offsets(wall, zone)
    if before == after:
        return ((wall - before, None),)
    if before < after:
        return () if gap == "skip" else ((gap_end(wall, before, after, zone), "gap"),)
    first, second = wall - before, wall - after
    if elapsed:
        return (first, None), (second, None)
    chosen = {"first": (first,), "second": (second,), "both": (first, second)}[fold]
    return tuple((instant, "fold") for instant in chosen)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at or after that wall-clock time."""
    return place(wall, zone, "next", "first", elapsed=False)[0][0]


def offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Offsets before and after the change that a wall-clock time may sit in (PEP 495: fold 0 and 1)."""
    before, after = zone.utcoffset(wall), zone.utcoffset(wall.replace(fold=1))
    if before is None or after is None:  # pragma: no cover - a ZoneInfo always knows
        raise ValueError(f"no offset for {wall}")
    return before, after


def gap_end(wall: datetime, before: timedelta, after: timedelta, zone: ZoneInfo) -> datetime:
    """The instant of the change, found by bisection to the second: offsets alone do not tell it."""
    second = wall.replace(microsecond=0)
    low, high = second - after, second - before
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if offset_at(middle, zone) == after else (middle, high)
    return high
