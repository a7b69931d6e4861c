"""Open or closed at a wall-clock time: weekly hours, public holidays, own closures; and where the next opening is.

Everything is naive local time. Searches look at most MAXIMUM_DAYS days ahead or back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from atlas_workflows.schedule.business_hours import Minutes
from atlas_workflows.schedule.calendars import holidays_of

MAXIMUM_DAYS = 400
ALL_DAY: tuple[tuple[Minutes, ...], ...] = (((0, 1440),),) * 7
_DAY = timedelta(days=1)
Finder = Callable[[date, datetime | None], datetime | None]


@dataclass(frozen=True, slots=True)
class Openness:
    """`week`: intervals in minutes of the day, Monday first. `region`: whose public holidays are closed."""

    week: tuple[tuple[Minutes, ...], ...] = ALL_DAY
    region: str | None = None
    closed_days: frozenset[date] = frozenset()

    @property
    def keeps_time_of_day(self) -> bool:
        """Only whole days are ever closed, so a move changes the day alone."""
        return self.week == ALL_DAY

    def closed_because(self, wall: datetime) -> str | None:
        """None while open, else "holiday" or "business_hours"."""
        if self._is_closed_day(wall.date()):
            return "holiday"
        minute = wall.hour * 60 + wall.minute
        is_open = any(start <= minute < end for start, end in self.week[wall.weekday()])
        return None if is_open else "business_hours"

    def next_open(self, wall: datetime) -> datetime | None:
        """First open time at or after `wall`; without weekly hours the time of day stays on the next open day."""
        return self._search(wall, _DAY, self._opening)

    def previous_open(self, wall: datetime) -> datetime | None:
        """Last open minute at or before `wall`; without weekly hours the time of day stays."""
        return self._search(wall, -_DAY, self._closing)

    def _search(self, wall: datetime, step: timedelta, find: Finder) -> datetime | None:
        for days in range(MAXIMUM_DAYS):
            day = wall.date() + days * step
            if self._is_closed_day(day):
                continue
            if self.keeps_time_of_day:
                return wall + days * step
            found = find(day, wall if days == 0 else None)
            if found is not None:
                return found
        return None

    def _opening(self, day: date, since: datetime | None) -> datetime | None:
        midnight = datetime.combine(day, datetime.min.time())
        for start, end in self.week[day.weekday()]:
            opening = midnight + timedelta(minutes=start)
            if since is None or opening >= since:
                return opening
            if since < midnight + timedelta(minutes=end):
                return since
        return None

    def _closing(self, day: date, until: datetime | None) -> datetime | None:
        midnight = datetime.combine(day, datetime.min.time())
        for start, end in reversed(self.week[day.weekday()]):
            last_minute = midnight + timedelta(minutes=end - 1)
            if until is None or last_minute <= until:
                return last_minute
            if midnight + timedelta(minutes=start) <= until:
                return until
        return None

    def _is_closed_day(self, day: date) -> bool:
        return day in self.closed_days or (
            self.region is not None and day in holidays_of(self.region, day.year)
        )
