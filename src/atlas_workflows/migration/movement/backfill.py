"""Moves every row of every source table, range by range and batch by batch; each batch is one transaction.

The cursor moves in the transaction of the rows it stands for, so a killed worker loses at most the batch in hand.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import psycopg

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.rows import one, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.ranges import Range
from atlas_workflows.migration.movement.setwise import Stretch, read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.setwise_statement import Statement
from atlas_workflows.migration.movement.source import Batch, Source, batches, read_batch, survey
from atlas_workflows.migration.movement.target import read_target
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.pace.pacer import Pace
from atlas_workflows.migration.runs.controls import require_not_stopped
from atlas_workflows.migration.runs.locks import range_lock
from atlas_workflows.secrets.sealing import Sealer

# A deadlock or a serialization failure between two workers is nobody's fault: the batch is simply taken again.
TRANSIENT = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last key of a range that was written, and whether the range has been read to its end."""

    cursor: str | None
    is_finished: bool


@contextmanager
def at_work(
    context: PhaseContext,
    source: Source | None = None,
    sealer: Sealer | None = None,
    phase: str | None = None,
) -> Iterator[Worker]:
    """A worker with its two sessions; what it writes belongs to `phase`, by default the context's."""
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
            phase=phase or context.phase.name,
            now=context.now,
            set_wise=context.options.set_wise,
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
    worker = replace(worker, breathe=pace.breathe)
    with range_lock(worker.writer, f"{worker.run_id}/{span.table}/{span.number}"):
        found = _cursor(worker, span)
        if found.is_finished:
            return
        cursor = found.cursor
        way = way_of(worker, worker.source.table(span.table))
        for batch in batches(partial(_read, worker, span, pace, way), cursor):
            _write(worker, span, way, batch, cursor)
            report()
            cursor = batch.last_key(cursor)
            pace.after(batch.count, batch.size)


def _read(
    worker: Worker, span: Range, pace: Pace, way: Statement | None, cursor: str | None
) -> Batch | Stretch:
    _require_running(worker)
    pace.begin()
    after = span.low if cursor is None else cursor
    if way is not None:
        return read_stretch(worker, way, after, span.high, pace.size, pace.bounds.bytes)
    table = worker.source.table(span.table)
    limits = (pace.size, pace.bounds.bytes, pace.breathe)
    return read_batch(worker.reader, worker.source, table, after, span.high, *limits)


def _write(
    worker: Worker, span: Range, way: Statement | None, batch: Batch | Stretch, expected: str | None
) -> None:
    for attempt in range(ATTEMPTS):
        try:
            with worker.writer.transaction():
                set_wise = _take(worker, span, way, batch)
                _advance(worker, span, batch, expected, set_wise)
            return
        except TRANSIENT:
            if attempt == ATTEMPTS - 1:
                raise


def _take(worker: Worker, span: Range, way: Statement | None, batch: Batch | Stretch) -> int:
    """Take up a batch; returns how many of its rows did not have to go through Python."""
    if way is not None and isinstance(batch, Stretch):
        moved, _ = take_stretch(worker, way, batch)
        return moved.settled
    if isinstance(batch, Batch):
        worker.take(worker.source.table(span.table), batch.rows)
    return 0


def _advance(
    worker: Worker, span: Range, batch: Batch | Stretch, expected: str | None, set_wise: int
) -> None:
    moved = worker.writer.execute(
        sql("migration/movement/advance_cursor"),
        {
            "run_id": worker.run_id,
            "source_table": span.table,
            "range_no": span.number,
            "cursor": batch.last_key(None),
            "expected": expected,
            "rows": batch.count,
            "set_wise": set_wise,
            "bytes": batch.size,
            "is_last": batch.is_last,
            "at": worker.now(),
        },
    )
    if moved.rowcount != 1:
        raise psycopg.errors.SerializationFailure("another worker moved this range's cursor")


def _cursor(worker: Worker, span: Range) -> Cursor:
    parameters = {"run_id": worker.run_id, "source_table": span.table, "range_no": span.number}
    found = one(worker.writer, Cursor, sql("migration/movement/read_cursor"), parameters)
    return found or Cursor(None, is_finished=True)


def _require_running(worker: Worker) -> None:
    status = scalar(worker.writer, sql("migration/movement/run_status"), {"run_id": worker.run_id})
    require_not_stopped(status or "cancelled", worker.run_id)
