"""Tells how far a backfill is: rows done, rate, and when it will be through."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.planning import RangeProgress, read_range_progress
from atlas_workflows.site import Progress

INTERVAL_SECONDS = 0.5


@dataclass(slots=True)
class Tracker:
    """Reads the cursors of a run, at most twice a second, and passes on what they say."""

    context: PhaseContext
    connection: Connection
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _first_rows: int = field(init=False)
    _last: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._first_rows = sum(each.rows_done for each in self._ranges())

    def poll(self) -> None:
        """Report if it is time to."""
        now = self.clock()
        if now - self._last < INTERVAL_SECONDS:
            return
        self._last = now
        ranges = self._ranges()
        self.context.progress(estimate(ranges, self._first_rows, now - self._began))

    def _ranges(self) -> tuple[RangeProgress, ...]:
        return read_range_progress(self.connection, self.context.run_id)


def estimate(ranges: tuple[RangeProgress, ...], first_rows: int, seconds: float) -> Progress:
    """Progress over all ranges; the rate counts only what this process saw being done."""
    done = sum(each.rows_done for each in ranges)
    total = max(done, sum(each.range.rows for each in ranges))
    rate = (done - first_rows) / seconds if seconds > 0 and done > first_rows else None
    current = next((each.range.table for each in ranges if not each.is_finished and each.rows_done), "")
    return Progress(
        step="backfill",
        subject=current,
        done=done,
        total=total,
        rows_per_second=rate,
        eta_seconds=(total - done) / rate if rate else None,
    )
