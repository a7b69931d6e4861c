"""Tells how far a backfill is: rows done, rate, and when it will be through."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.planning import Stand, read_stands
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
        self._first_rows = sum(stand.rows_done for stand in self._stands())

    def poll(self) -> None:
        """Report if it is time to."""
        now = self.clock()
        if now - self._last < INTERVAL_SECONDS:
            return
        self._last = now
        stands = self._stands()
        self.context.progress(estimate(stands, self._first_rows, now - self._began))

    def _stands(self) -> tuple[Stand, ...]:
        return read_stands(self.connection, self.context.run_id)


def estimate(stands: tuple[Stand, ...], first_rows: int, seconds: float) -> Progress:
    """Progress over all ranges; the rate counts only what this process saw being done."""
    done = sum(stand.rows_done for stand in stands)
    total = max(done, sum(stand.range.rows for stand in stands))
    rate = (done - first_rows) / seconds if seconds > 0 and done > first_rows else None
    current = next((stand.range.table for stand in stands if not stand.is_finished and stand.rows_done), "")
    return Progress(
        step="backfill",
        subject=current,
        done=done,
        total=total,
        rows_per_second=rate,
        eta_seconds=(total - done) / rate if rate else None,
    )
