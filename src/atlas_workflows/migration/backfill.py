"""Moves every row of every source table, range by range and batch by batch; each batch is one transaction.

The cursor moves in the transaction of the rows it stands for, so a killed worker loses at most the batch in hand.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.sealing import Sealer
from atlas_workflows.migration.batch_size import BatchBounds, first_batch_size, gentler, next_batch_size
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.locks import range_lock
from atlas_workflows.migration.probe import Probe
from atlas_workflows.migration.ranges import Range
from atlas_workflows.migration.run import insist_not_paused
from atlas_workflows.migration.source import Batch, Source, read_batch, survey
from atlas_workflows.migration.target import act_as_migration, read_target
from atlas_workflows.migration.throttle import FIRST_PAUSE, Throttle, next_throttle, rest
from atlas_workflows.migration.worker import Worker

# A deadlock or a serialization failure between two workers is nobody's fault: the batch is simply taken again.
TRANSIENT = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
ATTEMPTS = 5


@dataclass(slots=True)
class Pace:
    """What a worker learned so far about batch sizes and rests."""

    bounds: BatchBounds
    size: int
    probe: Probe | None = None
    throttle: Throttle | None = None
    sleep: Callable[[float], None] = field(default=time.sleep)

    def after(self, rows: int, seconds: float) -> None:
        """Adapt to a batch of `rows` that took `seconds`, and rest where the live application needs it."""
        latency = self.probe.latency if self.probe else None
        if self.probe is not None and latency is not None:
            state = self.throttle or Throttle(latency, FIRST_PAUSE)
            self.throttle = next_throttle(state, latency, self.probe.lag)
        self.size = next_batch_size(self.size, rows, seconds, self.bounds)
        if self.throttle and (pause := rest(self.throttle, seconds)):
            self.sleep(pause)


def new_pace(context: PhaseContext, probe: Probe | None) -> Pace:
    """The pace a worker begins with; the latency before its first batch is the baseline."""
    options = context.options
    bounds = BatchBounds(options.batch_rows, options.batch_bytes, options.batch_seconds)
    if probe is not None:
        bounds = gentler(bounds)
    latency = probe.latency if probe else None
    return Pace(
        bounds=bounds,
        size=first_batch_size(bounds),
        probe=probe,
        throttle=None if latency is None else Throttle(latency, FIRST_PAUSE),
    )


@contextmanager
def at_work(
    context: PhaseContext, source: Source | None = None, sealer: Sealer | None = None
) -> Iterator[Worker]:
    """A worker with its two sessions."""
    with (
        context.connect("reader", autocommit=True) as reader,
        context.connect("writer", autocommit=True) as writer,
    ):
        act_as_migration(writer)
        worker = Worker(
            reader=reader,
            writer=writer,
            source=source or survey(reader, context.scope, context.options),
            target=read_target(writer),
            sealer=sealer or Sealer(context.settings.secret_keys),
            run_id=context.run_id,
            phase=context.phase.name,
            now=context.now,
        )
        gc.freeze()  # modules and the catalogue stay; let collections look only at what batches make
        try:
            yield worker
        finally:
            gc.unfreeze()


def work_range(worker: Worker, span: Range, pace: Pace, report: Callable[[], None]) -> None:
    """Work through a range from its cursor to its end; `report` is called after each batch.

    Raises PhasePaused between two batches when somebody paused the run.
    """
    with range_lock(worker.writer, f"{worker.run_id}/{span.table}/{span.number}"):
        cursor, is_finished = _stand(worker, span)
        while not is_finished:
            _insist_running(worker)
            began = time.monotonic()
            batch = read_batch(
                worker.reader,
                worker.source,
                worker.source.table(span.table),
                span.low if cursor is None else cursor,
                span.high,
                pace.size,
                pace.bounds.bytes,
            )
            _write(worker, span, batch, cursor)
            report()
            cursor, is_finished = (batch.rows[-1].id if batch.rows else cursor), batch.is_last
            pace.after(len(batch.rows), time.monotonic() - began)


def _write(worker: Worker, span: Range, batch: Batch, expected: str | None) -> None:
    for attempt in range(ATTEMPTS):
        try:
            with worker.writer.transaction():
                worker.take(worker.source.table(span.table), batch.rows)
                _advance(worker, span, batch, expected)
            return
        except TRANSIENT:
            if attempt == ATTEMPTS - 1:
                raise


def _advance(worker: Worker, span: Range, batch: Batch, expected: str | None) -> None:
    moved = worker.writer.execute(
        sql("migration/advance_cursor").encode(),
        {
            "run_id": worker.run_id,
            "source_table": span.table,
            "range_no": span.number,
            "cursor": batch.rows[-1].id if batch.rows else None,
            "expected": expected,
            "rows": len(batch.rows),
            "bytes": batch.size,
            "is_last": batch.is_last,
            "at": worker.now(),
        },
    )
    if moved.rowcount != 1:
        raise psycopg.errors.SerializationFailure("another worker moved this range's cursor")


def _stand(worker: Worker, span: Range) -> tuple[str | None, bool]:
    row = worker.writer.execute(
        sql("migration/read_cursor").encode(),
        {"run_id": worker.run_id, "source_table": span.table, "range_no": span.number},
    ).fetchone()
    return (None, True) if row is None else (row[0], bool(row[1]))


def _insist_running(worker: Worker) -> None:
    row = worker.writer.execute(sql("migration/run_status").encode(), {"run_id": worker.run_id}).fetchone()
    insist_not_paused(row[0] if row else "cancelled", worker.run_id)
