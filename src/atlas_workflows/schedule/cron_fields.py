"""Reads one cron field: numbers, names, lists, ranges, steps; says by name what it refuses."""

import re
from dataclasses import dataclass

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.refusal import refuse

MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGE = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>[0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Field:
    """Name as in a crontab, lowest and highest value, and the names that stand for values."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Value of a number or a name; weekday 7 stays 7 here, so that 5-7 is a range."""
        lowered = text.lower()
        if lowered in self.names:
            return self.names.index(lowered) + self.low
        if not lowered.isascii() or not lowered.isdigit() or len(lowered) > 2:
            raise self.refusal(f"{text!r} is not understood")
        value = int(lowered)
        if not self.low <= value <= self.high:
            raise self.refusal(f"{text} is not between {self.low} and {self.high}")
        return value

    def refusal(self, fact: str) -> ScheduleRefused:
        """A refusal that names this field of the expression."""
        return refuse(
            "cron", f"{self.name}: {fact}.", "Use numbers, names, lists (1,2), ranges (1-5), steps (*/2)."
        )


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
MONTH_DAY = Field("day of month", 1, 31)
MONTH = Field("month", 1, 12, MONTH_NAMES)
WEEKDAY = Field("weekday", 0, 7, DAY_NAMES)


def read_values(field: Field, text: str) -> frozenset[int]:
    """All values that a comma list names; a reversed range wraps around (22-2, fri-mon)."""
    return frozenset(value for part in text.split(",") for value in read_part(field, part))


def read_part(field: Field, part: str) -> list[int]:
    """Values of `*`, `n`, `a-b` and each of them with `/step`."""
    match = _RANGE.fullmatch(part)
    if match is None:
        raise field.refusal(f"{part!r} is not understood")
    step = int(match["step"]) if match["step"] else 1
    if step == 0:
        raise field.refusal("a step of 0 never advances")
    return _span(field, match)[::step]


def _span(field: Field, match: re.Match[str]) -> list[int]:
    top = 6 if field is WEEKDAY else field.high
    if match["first"] == "*":
        if match["last"]:
            raise field.refusal(f"{match[0]!r} is not understood")
        return list(range(field.low, top + 1))
    first = field.number(match["first"])
    if match["last"] is None:
        if first > top:
            first = field.low  # weekday 7 is Sunday, from which a step begins as from 0
        return list(range(first, top + 1)) if match["step"] else [first]
    last = field.number(match["last"])
    if first <= last:
        return list(range(first, last + 1))
    return [*range(first, top + 1), *range(field.low, last + 1)]
