"""Enumerates the slots of a rule: naive wall-clock times for all rules but elapsed intervals, which are instants."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta

from atlas_workflows.schedule.cron import Cron
from atlas_workflows.schedule.cron_days import days_in
from atlas_workflows.schedule.recurrence import HORIZON_YEARS

LAST_YEAR = 2600
ELAPSED = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
WALL = {"days": timedelta(days=1), "weeks": timedelta(weeks=1)}


def cron_slots(cron: Cron, since: datetime) -> Iterator[datetime]:
    """Wall-clock times at or after `since`, ascending, for at most HORIZON_YEARS."""
    last_year = min(since.year + HORIZON_YEARS, LAST_YEAR)
    times = [(hour, minute) for hour in cron.hours for minute in cron.minutes]
    for year, month, day in _days(cron, since, last_year):
        if (year, month, day) == (since.year, since.month, since.day):
            for hour, minute in times:
                slot = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - wall-clock time
                if slot >= since:
                    yield slot
        else:
            for hour, minute in times:
                yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 - wall-clock time


def interval_instants(anchor: datetime, amount: int, unit: str, since: datetime) -> Iterator[datetime]:
    """Instants (naive UTC) anchor + k steps of elapsed time, at or after both `since` and the anchor."""
    step = ELAPSED[unit] * amount
    passed = max(0, -((anchor - since) // step))
    instant = anchor + passed * step
    while instant.year <= LAST_YEAR:
        yield instant
        instant += step


def interval_walls(anchor: datetime, amount: int, unit: str, since: datetime) -> Iterator[datetime]:
    """Wall-clock times anchor + k days, weeks or months; a month without that day uses its last day."""
    if unit != "months":
        step = WALL[unit] * amount
        passed = max(0, -((anchor - since) // step))
        wall = anchor + passed * step
        while wall.year <= LAST_YEAR:
            yield wall
            wall += step
        return
    months_between = (since.year - anchor.year) * 12 + since.month - anchor.month
    count = max(0, months_between // amount)
    while (wall := add_months(anchor, count * amount)).year <= LAST_YEAR:
        if wall >= since:
            yield wall
        count += 1


def add_months(wall: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day where it has fewer."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


def _days(cron: Cron, since: datetime, last_year: int) -> Iterator[tuple[int, int, int]]:
    for year in range(since.year, last_year + 1):
        for month in cron.months:
            if year == since.year and month < since.month:
                continue
            first = since.day if (year, month) == (since.year, since.month) else 1
            for day in days_in(year, month, cron.month_days, cron.weekdays):
                if day >= first:
                    yield year, month, day
