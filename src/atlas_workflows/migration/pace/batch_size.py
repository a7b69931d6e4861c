"""How many rows the next batch takes, from how long the last one took. Pure."""

from dataclasses import dataclass

FIRST_ROWS = 50
FIRST_GENTLE_ROWS = 10
GENTLE_BYTES = 80 * 1024
GROWTH_LIMIT = 2.0
SHRINK_LIMIT = 0.25


@dataclass(frozen=True, slots=True)
class BatchBounds:
    """Limits of a batch: rows, bytes of text read, and the seconds it should take."""

    rows: int
    bytes: int
    seconds: float
    least_rows: int = 10


def first_batch_size(bounds: BatchBounds) -> int:
    """Begin small: nothing is known yet about how heavy the rows are."""
    return max(1, min(bounds.rows, FIRST_ROWS))


def next_batch_size(size: int, rows: int, seconds: float, bounds: BatchBounds) -> int:
    """Scale `size` so that a batch lasts about `bounds.seconds`; at most doubled, at most quartered.

    `rows` is what the last batch really held: where bytes cut it short, the next one starts from there.
    """
    if seconds <= 0 or rows <= 0:
        return size
    factor = min(GROWTH_LIMIT, max(SHRINK_LIMIT, bounds.seconds / seconds))
    return max(min(bounds.least_rows, bounds.rows), min(bounds.rows, round(min(size, rows) * factor)))


def first_gentle_size(bounds: BatchBounds) -> int:
    """Beside a live application the first batch must not be felt either."""
    return max(1, min(bounds.rows, FIRST_GENTLE_ROWS))


def next_gentle_size(size: int, rows: int, taken: int, bounds: BatchBounds) -> int:
    """Scale `size` so that a batch reads about 80 kB of text; at most doubled. `taken`: bytes that the last one read.

    Bytes tell how long a live query may have to wait, whatever else goes on in the machine. By the clock, a busy
    machine would have batches shrink until round trips were all that happened.
    """
    if rows <= 0 or taken <= 0:
        return size
    return max(1, min(bounds.rows, round(min(size, rows) * min(GROWTH_LIMIT, GENTLE_BYTES / taken))))
