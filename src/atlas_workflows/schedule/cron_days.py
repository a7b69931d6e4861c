"""Which days of a month a cron's day-of-month and weekday fields name; both restricted means their union."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from atlas_workflows.schedule.refusal import refuse

LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class DaysOfMonth:
    """`from_last`: days before the last (L is 0). `nearest`: working day nearest to that day (15W)."""

    any: bool = False
    days: tuple[int, ...] = ()
    from_last: tuple[int, ...] = ()
    nearest: tuple[int, ...] = ()
    last_weekday: bool = False


@dataclass(frozen=True, slots=True)
class DaysOfWeek:
    """0 is Sunday. `nth`: (weekday, n-th of the month). `last`: last such weekday of the month."""

    any: bool = False
    days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    last: tuple[int, ...] = ()


@lru_cache(maxsize=8192)
def days_in(year: int, month: int, month_days: DaysOfMonth, weekdays: DaysOfWeek) -> tuple[int, ...]:
    """Days of that month, ascending."""
    first_weekday, length = monthrange(year, month)
    offset = (first_weekday + 1) % 7  # cron counts from Sunday
    if month_days.any and weekdays.any:
        return tuple(range(1, length + 1))
    found: set[int] = set()
    if not month_days.any:
        found.update(_by_month_day(month_days, length, offset))
    if not weekdays.any:
        found.update(_by_weekday(weekdays, length, offset))
    return tuple(sorted(found))


def check_possible(months: tuple[int, ...], month_days: DaysOfMonth, weekdays: DaysOfWeek) -> None:
    """Refuse days that none of the months has, such as 31 February."""
    if month_days.any or not weekdays.any or month_days.last_weekday or month_days.nearest:
        return
    longest = max(LONGEST[month] for month in months)
    days_back = (longest - back for back in month_days.from_last)
    if any(day <= longest for day in month_days.days) or any(day >= 1 for day in days_back):
        return
    named = ", ".join(str(month) for month in months)
    raise refuse(
        "cron",
        f"day {', '.join(map(str, month_days.days)) or 'L-30'} does not occur in month {named}, so it never fires.",
        "Name a day that the month has, or L for its last day.",
    )


def _by_month_day(rule: DaysOfMonth, length: int, offset: int) -> Iterator[int]:
    yield from (day for day in rule.days if day <= length)
    yield from (length - back for back in rule.from_last if back < length)
    yield from (_nearest_weekday(min(day, length), length, offset) for day in rule.nearest)
    if rule.last_weekday:
        yield _nearest_weekday(length, length, offset)


def _nearest_weekday(day: int, length: int, offset: int) -> int:
    """The working day nearest to `day` inside the same month."""
    weekday = (offset + day - 1) % 7
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


def _by_weekday(rule: DaysOfWeek, length: int, offset: int) -> Iterator[int]:
    for weekday in rule.days:
        yield from range(1 + (weekday - offset) % 7, length + 1, 7)
    for weekday, nth in rule.nth:
        day = 1 + (weekday - offset) % 7 + 7 * (nth - 1)
        if day <= length:
            yield day
    for weekday in rule.last:
        yield length - (offset + length - 1 - weekday) % 7
