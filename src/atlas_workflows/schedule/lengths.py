"""Lengths of time added to an instant: whole months, weeks and days keep the wall clock, the rest is elapsed time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.slots import add_months
from atlas_workflows.schedule.zones import to_local

Number = int | Decimal
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800, "months": 2_678_400}
LONGEST_SECONDS = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Span:
    """A length in parts that are kept apart until it is added: a month is no number of days, a day none of hours."""

    months: Number = 0
    days: Number = 0
    seconds: Number = 0

    def __add__(self, other: "Span") -> "Span":
        return Span(self.months + other.months, self.days + other.days, self.seconds + other.seconds)

    def times(self, factor: Number) -> "Span":
        """Each part so many times."""
        return Span(self.months * factor, self.days * factor, self.seconds * factor)

    @property
    def about_seconds(self) -> Number:
        """A month as 31 days, a day as 24 hours: for bounds."""
        return self.months * SECONDS["months"] + self.days * SECONDS["days"] + self.seconds


NO_LENGTH = Span()


def span(amount: Number, unit: str) -> Span:
    """The span of an amount and a unit."""
    if unit == "months":
        return Span(months=amount)
    if unit in ("days", "weeks"):
        return Span(days=amount * (7 if unit == "weeks" else 1))
    return Span(seconds=amount * SECONDS[unit])


def add_length(instant: datetime, amount: Number, unit: str, zone: ZoneInfo) -> datetime:
    """`instant` (naive UTC) plus a length."""
    return add_span(instant, span(amount, unit), zone)


def add_span(instant: datetime, length: Span, zone: ZoneInfo) -> datetime:
    """`instant` (naive UTC) plus months, then days, then what is elapsed time; at most ten years either way.

    A part that is no whole number is elapsed time: a day and a half is 36 hours, half a month 15 days and a half.
    """
    about = max(-LONGEST_SECONDS, min(length.about_seconds, LONGEST_SECONDS))
    if about != length.about_seconds:
        return instant + timedelta(seconds=int(about))
    months, days, seconds = length.months, length.days, length.seconds
    if months != int(months):
        months, seconds = 0, seconds + months * SECONDS["months"]
    if days != int(days):
        days, seconds = 0, seconds + days * SECONDS["days"]
    if months or days:
        wall = add_months(to_local(instant, zone), int(months)) + timedelta(days=int(days))
        instant = first_instant(wall, zone)
    return instant + timedelta(seconds=float(seconds))
