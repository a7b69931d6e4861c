"""Reads every row of a table again and compares its hash with the ledger: finds what no trigger saw."""

from dataclasses import dataclass

from atlas_workflows.legacy.records import SourceTable
from atlas_workflows.migration.movement.setwise import read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.setwise_statement import Statement
from atlas_workflows.migration.movement.source import batches, read_batch
from atlas_workflows.migration.movement.worker import Worker

BATCH_ROWS = 1_000
SET_WISE_ROWS = 5_000
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Swept:
    """Rows compared, and rows that differed from the ledger and were taken up."""

    rows: int
    written: int


def sweep_table(worker: Worker, table: SourceTable) -> Swept:
    """One pass over the table in short transactions; rows that did not change are only read."""
    rows = written = 0
    reader, source, limits = worker.reader, worker.source, (BATCH_ROWS, BATCH_BYTES)
    if (way := way_of(worker, table)) is not None:
        return _sweep_set_wise(worker, way)
    for batch in batches(lambda after: read_batch(reader, source, table, after, None, *limits)):
        with worker.writer.transaction():
            written += len(worker.take(table, batch.rows).written)
        rows += len(batch.rows)
    return Swept(rows, written)


def _sweep_set_wise(worker: Worker, way: Statement) -> Swept:
    rows = written = 0
    for stretch in batches(lambda after: read_stretch(worker, way, after, None, SET_WISE_ROWS, BATCH_BYTES)):
        with worker.writer.transaction():
            moved, by_python = take_stretch(worker, way, stretch)
        rows, written = rows + stretch.count, written + moved.written + by_python
    return Swept(rows, written)
