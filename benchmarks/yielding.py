"""What the throttle costs where nobody is, and how soon the mover of history yields to somebody who comes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.pace.batch_size import GENTLE_BYTES
from figures import figure
from ground import Ground
from phase import SUCCEEDED, phase_process

ROUNDS = 2
PATIENCE_SECONDS = 120
# Nobody's batch takes so long: if the last ones were gentle all this time, it has yielded.
QUIET_SECONDS = 5.0
MOST_SECONDS = 60.0
# A gentle batch is planned from the rows before it; one of more bytes than this is a batch of somebody who believes to be alone.
LARGE_BYTES = 4 * GENTLE_BYTES
# Batches double from fifty rows on; behind so many bytes they have the size of somebody who believes to be alone.
AT_SPEED_BYTES = 2 << 20


def yield_rows(found: Ground) -> list[dict[str, Any]]:
    """The backfill on an idle database with the throttle and without, and the seconds until it yields."""
    gentle, full, yielded = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        gentle.append(_whole(found))
        full.append(_whole(found, "--no-throttle"))
        yielded.append(_until_it_yields(found))
    return [
        figure("backfill of an idle database, throttled", "ms", gentle, "without the throttle", full),
        figure("somebody comes: until the last batch that is not gentle", "ms", yielded),
    ]


def wait_for_history(dsn: str, past: int = 0) -> None:
    """Until more than `past` bytes of history are written, watched by a session that the mover does not take for company."""
    end = time.monotonic() + PATIENCE_SECONDS
    with connect(dsn, application_name="atlas-bench", autocommit=True) as connection:
        while _history_done(connection) <= past:
            if time.monotonic() > end:
                raise RuntimeError(f"the backfill wrote no history within {PATIENCE_SECONDS} seconds")
            time.sleep(0.01)


def _history_done(connection: Any) -> int:
    return int(scalar(connection, sql("benchmarks/history_done")))


def _whole(found: Ground, *options: str) -> float:
    """Milliseconds of the step backfill."""
    with found.database() as dsn:
        with phase_process(found, dsn, *options) as process:
            if process.wait() not in SUCCEEDED:
                raise RuntimeError(f"the backfill ended with exit status {process.returncode}")
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            return float(scalar(connection, sql("benchmarks/backfill_milliseconds")))


def _until_it_yields(found: Ground) -> float:
    with found.database() as dsn, phase_process(found, dsn) as process:
        wait_for_history(dsn, past=AT_SPEED_BYTES)
        with (
            connect(dsn, application_name="atlas-bench", autocommit=True) as watching,
            _somebody(dsn) as came,
        ):
            steps = _Steps(lambda: _history_done(watching), came)
            while not steps.has_yielded() and process.poll() is None:
                steps.look()
                time.sleep(0.005)
        if process.poll() is not None:
            raise RuntimeError(
                "the backfill ended before it could be seen to yield: take a larger sample, ATLAS_BENCH_SIZE=M"
            )
    return (steps.last_large - came) * 1000


@contextmanager
def _somebody(dsn: str) -> Iterator[float]:
    """The old application comes: a statement every 20 ms as long as the block lasts. Yields the moment of the first."""
    is_over = Event()

    def ask() -> None:
        with connect(dsn, application_name="old-application", autocommit=True) as connection:
            first.set()
            while not is_over.is_set():
                connection.execute("SELECT count(*) FROM public.workflows").fetchall()
                is_over.wait(0.02)

    first = Event()
    thread = Thread(target=ask)
    thread.start()
    first.wait(PATIENCE_SECONDS)
    try:
        yield time.monotonic()
    finally:
        is_over.set()
        thread.join()


@dataclass(slots=True)
class _Steps:
    """Watches a count and remembers when it last grew by more than a gentle batch; `last_large` begins when somebody came."""

    count: Callable[[], int]
    last_large: float
    last_gentle: float | None = field(default=None)
    _came: float = field(init=False)
    _before: int | None = field(default=None)

    def __post_init__(self) -> None:
        self._came = self.last_large

    def look(self) -> None:
        now = self.count()
        grown = 0 if self._before is None else now - self._before
        if grown > LARGE_BYTES:
            self.last_large, self.last_gentle = time.monotonic(), None
        elif grown:
            self.last_gentle = time.monotonic()
        self._before = now

    def has_yielded(self) -> bool:
        """Whether it grew by gentle batches alone for long enough; a count that stands still may end in a large batch yet."""
        if time.monotonic() > self._came + MOST_SECONDS:
            raise RuntimeError(f"the backfill did not yield within {MOST_SECONDS} seconds")
        return self.last_gentle is not None and self.last_gentle > self.last_large + QUIET_SECONDS
