"""Takes up what the old application changed meanwhile: captured changes by deletion, and what only a sweep can see."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.records import SourceTable
from atlas_workflows.migration.movement.worker import Parent, Worker, parents_of

ROUND_ROWS = 500
SMALL_LAG = 50
MOST_ROUNDS = 2_000
DELETION_ROWS = 500
TRUNCATE = "T"


@dataclass(frozen=True, slots=True)
class Change:
    """A captured change; `source_id` is empty where the whole table was emptied."""

    source_table: str
    source_id: str
    operation: str


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Source rows written, removed and put back, and how many captured changes were left waiting."""

    written: int = 0
    removed: int = 0
    foreign: int = 0
    waiting: int = 0


def catch_up(worker: Worker) -> CaughtUp:
    """Take up captured changes until none waits, or nearly none under a steady stream of writes.

    Each round is one transaction: changes are deleted, then their rows are read, so whatever was committed by the
    time of the deletion is seen; a change whose transaction is still open stays invisible and waits for a later round.
    """
    written = removed = foreign = 0
    # Changes of other organizations go back, so a run with a scope looks at each change once and then stops.
    rounds = MOST_ROUNDS if worker.source.tenants.covered is None else _waiting(worker) // ROUND_ROWS + 2
    for _ in range(rounds):
        done = _round(worker)
        written, removed, foreign = written + done.written, removed + done.removed, foreign + done.foreign
        if done.waiting <= SMALL_LAG:
            break
    return CaughtUp(written, removed, foreign, _waiting(worker))


def take_deletions(worker: Worker) -> int:
    """Find ledger entries whose source row is gone (no trigger needed) and remove what was made of them."""
    return sum(_take_gone(worker, table) for table in worker.source.tables)


def take_parents(worker: Worker, parents: Iterable[Parent]) -> int:
    """Translate again the rows that carry changed ones; returns how many were written."""
    written = 0
    for table, ids in _by_table(parents).items():
        if any(item.table == table for item in worker.source.tables):
            taken, gone = worker.take_ids(worker.source.table(table), ids)
            written += len(taken.written)
            worker.drop(table, gone)
    return written


def _round(worker: Worker) -> CaughtUp:
    written = removed = foreign = 0
    with worker.writer.transaction():
        changes = _taken(worker)
        for name in sorted({change.source_table for change in changes if change.operation == TRUNCATE}):
            removed += _take_gone(worker, worker.source.table(name))
        for name, ids in _by_table(_keys(changes)).items():
            taken, gone = worker.take_ids(worker.source.table(name), ids)
            parents = (*parents_of(taken.written), *worker.drop(name, gone))
            written += len(taken.written) + take_parents(worker, parents)
            removed += len(gone)
            if taken.foreign:
                _put_back(worker, name, taken.foreign)
                foreign += len(taken.foreign)
    return CaughtUp(written, removed, foreign, _waiting(worker) - foreign)


def _take_gone(worker: Worker, table: SourceTable) -> int:
    gone = worker.gone(table)
    for start in range(0, len(gone), DELETION_ROWS):
        with worker.writer.transaction():
            take_parents(worker, worker.drop(table.table, gone[start : start + DELETION_ROWS]))
    return len(gone)


def _taken(worker: Worker) -> list[Change]:
    tables = [table.table for table in worker.source.tables]
    parameters = {"tables": tables, "limit": ROUND_ROWS}
    return rows(worker.writer, Change, sql("migration/movement/take_captured"), parameters)


def _keys(changes: Iterable[Change]) -> Iterator[Parent]:
    return ((change.source_table, change.source_id) for change in changes if change.source_id)


def _by_table(keys: Iterable[tuple[str, str]]) -> dict[str, Sequence[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for table, key in keys:
        groups[table].add(key)
    return {table: sorted(members) for table, members in sorted(groups.items())}


def _put_back(worker: Worker, table: str, ids: Sequence[str]) -> None:
    parameters = {"source_table": table, "ids": list(ids)}
    worker.writer.execute(sql("migration/movement/put_back_captured"), parameters)


def _waiting(worker: Worker) -> int:
    tables = [table.table for table in worker.source.tables]
    return int(scalar(worker.writer, sql("migration/movement/count_captured"), {"tables": tables}))
