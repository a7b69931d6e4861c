"""Dates that come every year, such as birthdays: which day that is in a year, and when it comes next.

29 February, in years without one, is 28 February (`feb_28`) or 1 March (`mar_1`), as whoever asks has stated.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.lengths import NO_LENGTH, Span, add_span
from atlas_workflows.schedule.moments import LATEST
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.zones import to_local

LeapDay = Literal["feb_28", "mar_1"]
_DATE = re.compile(r"(?:(\d{4})-|--)?(\d{2})-(\d{2})(?:[T ].*)?", re.ASCII)
_A_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Yearly:
    """A day of the year, and the year in which it came first, 0 where nobody knows."""

    month: int
    day: int
    year: int = 0

    def in_year(self, year: int, leap_day: LeapDay) -> date:
        """The day on which it comes in that year."""
        if (self.month, self.day) == (2, 29) and not _has_leap_day(year):
            return date(year, 2, 28) if leap_day == "feb_28" else date(year, 3, 1)
        return date(year, self.month, self.day)


def read_yearly(text: str, field: str) -> Yearly:
    """The day that "1988-02-29", "1988-02-29T00:00:00Z", "--02-29" or "02-29" names, as written, whatever the zone.

    Raises ScheduleRefused. A year is only looked at where it has the day or lies ahead.
    """
    found = _DATE.fullmatch(text.strip())
    if found is not None:
        year, month, day = int(found[1] or 0), int(found[2]), int(found[3])
        try:
            date(year or _A_LEAP_YEAR, month, day)
        except ValueError:
            found = None
    if found is None or year > LATEST:
        raise refuse(field, f"{text[:40]!r} is no date that comes every year.", "Write 1988-02-29, or 02-29.")
    return Yearly(month, day, year)


def next_anniversary(
    yearly: Yearly,
    instant: datetime,
    zone: ZoneInfo,
    *,
    at: time,
    leap_day: LeapDay = "feb_28",
    offset: Span = NO_LENGTH,
) -> datetime:
    """The first instant at or after `instant` (both naive UTC) that is `at` on the day, moved by `offset`.

    Today counts until that time is past; years before the date's own do not.
    """
    anniversary = add_span(instant, offset.times(-1), zone)
    for year in count(max(to_local(anniversary, zone).year - 1, yearly.year)):
        wall = datetime.combine(yearly.in_year(year, leap_day), at)
        due = add_span(first_instant(wall, zone), offset, zone)
        if due >= instant:
            return due
    raise AssertionError("there is always another year")  # pragma: no cover


def _has_leap_day(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
