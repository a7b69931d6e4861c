"""Reads every row of a table again and compares its hash with the ledger: finds what no trigger saw."""

from dataclasses import dataclass

from atlas_workflows.legacy.records import SourceTable
from atlas_workflows.migration.movement.source import read_batch
from atlas_workflows.migration.movement.worker import Worker

BATCH_ROWS = 1_000
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Swept:
    """Rows compared, and rows that differed from the ledger and were taken up."""

    rows: int
    written: int


def sweep_table(worker: Worker, table: SourceTable) -> Swept:
    """One pass over the table in short transactions; rows that did not change are only read."""
    rows = written = 0
    after: str | None = None
    is_last = False
    while not is_last:
        batch = read_batch(worker.reader, worker.source, table, after, None, BATCH_ROWS, BATCH_BYTES)
        with worker.writer.transaction():
            written += len(worker.take(table, batch.rows).written)
        rows += len(batch.rows)
        after, is_last = (batch.rows[-1].id if batch.rows else after), batch.is_last
    return Swept(rows, written)
