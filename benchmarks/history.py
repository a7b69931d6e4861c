"""History moved inside the database, beside COPY of the bytes it writes, a PL/pgSQL loop and the same through Python."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.movement.setwise import read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.source import read_batch
from atlas_workflows.migration.movement.worker import Worker
from figures import figure
from ground import Ground, Spent

ROUNDS = 3
HISTORY = ("workflow_executions", "workflow_execution_steps", "workflow_analytics")
BESIDE = ("originals", "migration_ledger")
STRETCH_ROWS, STRETCH_BYTES = 5_000, 16 << 20
PYTHON_ROWS, PYTHON_BATCH = 20_000, 1_000
ALONE, SIDE_BY_SIDE = "end to end", "end to end on two sessions"
PIPE, LOOP, PYTHON = (
    "COPY out | COPY in of the bytes written",
    "PL/pgSQL loop without ledger and originals",
    "the same through Python",
)
COUNT = compose.SQL("SELECT count(*) FROM {} WHERE source_table = %s")


def history_rows(found: Ground) -> list[dict[str, Any]]:
    """Rows a second end to end: read, judged, translated, with ledger, originals and indexes, committed batch by batch."""
    return [row for name in HISTORY for row in _table(found, name)]


def _table(found: Ground, name: str) -> list[dict[str, Any]]:
    """Each round is ours, alone and on two sessions, and the peers, on the same rows; CPU beside the clock for busy machines."""
    spent: dict[str, list[Spent]] = defaultdict(list)
    shares = []
    for _ in range(ROUNDS):
        with found.database() as dsn, found.database() as copy:
            own, share = alone(found, dsn, name)
            spent[ALONE].append(own)
            shares.append(share * 1000)
            spent[PIPE].append(found.spent(partial(pipe, dsn, copy, name)))
        for contestant, measure in ((SIDE_BY_SIDE, side_by_side), (LOOP, _loop), (PYTHON, _python)):
            with found.database() as dsn:
                spent[contestant].append(measure(found, dsn, name))
    told = [
        _beside(f"{name}, {way}", "rows/s", way, peer, spent)
        for way in (ALONE, SIDE_BY_SIDE)
        for peer in (PIPE, LOOP, PYTHON)
    ]
    told += [_beside(f"{name}, CPU", "µs a row", ALONE, peer, spent) for peer in (PIPE, LOOP, PYTHON)]
    return [*told, figure(f"{name} that are plain", "per thousand", shares)]


def _beside(
    measure: str, unit: str, way: str, peer: str, spent: Mapping[str, Sequence[Spent]]
) -> dict[str, Any]:
    ours, theirs = (
        [each.rate if unit == "rows/s" else each.cpu for each in spent[name]] for name in (way, peer)
    )
    return figure(measure, unit, ours, peer, theirs)


@dataclass(frozen=True, slots=True)
class Done:
    """Rows that a session went through, and those of them that it left to Python."""

    rows: int = 0
    rest: int = 0


def inside(worker: Worker, name: str, after: str | None = None, until: str | None = None) -> Done:
    """The migration's own statements over the rows with after < key <= until, preparation and all, and those that are left to Python too."""
    way = way_of(worker, worker.source.table(name))
    if way is None:
        raise AssertionError(f"{name} has no way inside the database")
    rows = rest = 0
    is_last = False
    while not is_last:
        with worker.writer.transaction():
            stretch = read_stretch(worker, way, after, until, STRETCH_ROWS, STRETCH_BYTES)
            moved, _ = take_stretch(worker, way, stretch)
        rows, rest = rows + stretch.count, rest + len(moved.rest)
        after, is_last = stretch.last_key(after), stretch.is_last
    return Done(rows, rest)


def alone(found: Ground, dsn: str, name: str) -> tuple[Spent, float]:
    """One session that writes; also the share of rows that did not need Python."""
    done = []
    with found.worker(dsn) as worker:

        def work() -> int:
            done.append(inside(worker, name))
            return done[-1].rows

        return found.spent(work), 1 - done[-1].rest / done[-1].rows


def side_by_side(found: Ground, dsn: str, name: str) -> Spent:
    """Two, with one half of the keys each, as `--workers 2` has them."""
    with found.worker(dsn) as first, found.worker(dsn) as second, ThreadPoolExecutor() as pool:
        middle = compose.SQL("SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY id))::text FROM {}")
        key = scalar(first.reader, middle.format(compose.Identifier("public", name)))

        def work() -> int:
            halves = [
                pool.submit(inside, first, name, None, key),
                pool.submit(inside, second, name, key, None),
            ]
            return sum(half.result().rows for half in halves)

        return found.spent(work)


def pipe(dsn: str, copy: str, name: str) -> int:
    """Copies exactly what was written for a table into another database; how many source rows that stands for."""
    with connect(dsn, application_name="bench") as source, connect(copy, application_name="bench") as target:
        for table in (name, *BESIDE):
            out = compose.SQL("COPY (SELECT * FROM {} WHERE source_table = {}) TO STDOUT")
            into = compose.SQL("COPY {} FROM STDIN").format(compose.Identifier("atlas", table))
            chosen = out.format(compose.Identifier("atlas", table), compose.Literal(name))
            with source.cursor().copy(chosen) as reader, target.cursor().copy(into) as writer:
                for block in reader:
                    writer.write(block)
        target.commit()
        return int(scalar(source, COUNT.format(compose.Identifier("atlas", "migration_ledger")), [name]))


def _loop(found: Ground, dsn: str, name: str) -> Spent:
    count = COUNT.format(compose.Identifier("atlas", name))
    with connect(dsn, application_name="bench", autocommit=True) as connection:

        def work() -> int:
            connection.execute(sql(f"benchmarks/plpgsql_{name}"))
            return int(scalar(connection, count, [name]))

        return found.spent(work)


def _python(found: Ground, dsn: str, name: str) -> Spent:
    with found.worker(dsn) as worker:
        table = worker.source.table(name)

        def work() -> int:
            rows = read_batch(worker.reader, worker.source, table, None, None, PYTHON_ROWS, 1 << 30).rows
            for at in range(0, len(rows), PYTHON_BATCH):
                with worker.writer.transaction():
                    worker.take(table, rows[at : at + PYTHON_BATCH])
            return len(rows)

        return found.spent(work)
