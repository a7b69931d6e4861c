"""Cuts a source table into disjoint key ranges, so that several workers can read it side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST_RANGE = 2_000


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of `table` with `low` < key <= `high`; None leaves that end open. `rows` is the count when it was cut."""

    table: str
    number: int
    low: str | None
    high: str | None
    rows: int

    @property
    def is_open_ended(self) -> bool:
        return self.high is None


def cuts_wanted(rows: int, workers: int) -> int:
    """How many inner boundaries: a few ranges per worker even out heavy stretches; small tables stay whole."""
    pieces = min(workers * 2 if workers > 1 else 1, max(1, rows // SMALLEST_RANGE))
    return pieces - 1


def ranges_between(table: str, boundaries: Sequence[str], rows: int) -> tuple[Range, ...]:
    """The ranges that `boundaries` (ascending keys) cut out; together they cover every key there will ever be."""
    ends: list[str | None] = [*boundaries, None]
    starts: list[str | None] = [None, *boundaries]
    share = rows // len(ends)
    counts = [share] * (len(ends) - 1) + [rows - share * (len(ends) - 1)]
    return tuple(
        Range(table, number, low, high, count)
        for number, (low, high, count) in enumerate(zip(starts, ends, counts, strict=True))
    )
