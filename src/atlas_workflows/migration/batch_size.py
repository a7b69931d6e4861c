"""How many rows the next batch takes, from how long the last one took. Pure."""

from dataclasses import dataclass, replace

FIRST_ROWS = 50
GENTLE_SHARE = 100
GROWTH_LIMIT = 2.0
SHRINK_LIMIT = 0.25


@dataclass(frozen=True, slots=True)
class BatchBounds:
    """Limits of a batch: rows, bytes of text read, and the seconds its longest burst of work should take."""

    rows: int
    bytes: int
    seconds: float
    least_rows: int = 10
    first_rows: int = FIRST_ROWS


def gentler(bounds: BatchBounds) -> BatchBounds:
    """For beside a live application: a queue that builds up behind a burst is as long as the burst."""
    return replace(bounds, seconds=bounds.seconds / GENTLE_SHARE, least_rows=1, first_rows=bounds.least_rows)


def first_batch_size(bounds: BatchBounds) -> int:
    """Begin small: nothing is known yet about how heavy the rows are."""
    return max(1, min(bounds.rows, bounds.first_rows))


def next_batch_size(size: int, rows: int, seconds: float, bounds: BatchBounds) -> int:
    """Scale `size` so that a batch lasts about `bounds.seconds`; at most doubled, at most quartered.

    `rows` is what the last batch really held: where bytes cut it short, the next one starts from there.
    """
    if seconds <= 0 or rows <= 0:
        return size
    factor = min(GROWTH_LIMIT, max(SHRINK_LIMIT, bounds.seconds / seconds))
    return max(min(bounds.least_rows, bounds.rows), min(bounds.rows, round(min(size, rows) * factor)))
