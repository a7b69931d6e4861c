"""History moved inside the database, beside COPY of the bytes it writes, a PL/pgSQL loop and the same through Python; the whole phase."""

import time
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.movement.setwise import read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.source import read_batch
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.runs.run import run_phase
from figures import figure, timed
from ground import Ground, peak_memory_mb

ROUNDS = 3
HISTORY = ("workflow_executions", "workflow_execution_steps")
BESIDE = ("originals", "migration_ledger")
STRETCH_ROWS, STRETCH_BYTES = 5_000, 16 << 20
PYTHON_ROWS, PYTHON_BATCH = 20_000, 1_000


def history_rows(found: Ground) -> list[dict[str, Any]]:
    """Rows a second end to end: read, judged, translated, with ledger, originals and indexes, committed batch by batch."""
    return [row for name in HISTORY for row in _table(found, name)]


def _table(found: Ground, name: str) -> list[dict[str, Any]]:
    rates: dict[str, list[float]] = {}
    shares = []
    for _ in range(ROUNDS):
        with found.database() as dsn, found.database() as copy:
            with found.worker(dsn) as worker:
                rate, share = inside(worker, name)
            rates.setdefault("ours", []).append(rate)
            shares.append(share)
            rates.setdefault("COPY out | COPY in of the bytes written", []).append(pipe(dsn, copy, name))
        for peer, contestant in (
            ("PL/pgSQL loop without ledger and originals", _loop),
            ("the same through Python", _python),
        ):
            with found.database() as dsn:
                rates.setdefault(peer, []).append(contestant(found, dsn, name))
    own = rates.pop("ours")
    told = [figure(f"{name}, end to end", "rows/s", own, peer, theirs) for peer, theirs in rates.items()]
    return [*told, figure(f"{name} that are plain", "per thousand", [share * 1000 for share in shares])]


def inside(worker: Worker, name: str) -> tuple[float, float]:
    """Rows a second of the migration's own statements, and the share of rows that they settled."""
    began = time.perf_counter()
    way = way_of(worker, worker.source.table(name))
    if way is None:
        raise AssertionError(f"{name} has no way inside the database")
    rows = rest = 0
    last, is_last = None, False
    while not is_last:
        with worker.writer.transaction():
            stretch = read_stretch(worker, way, last, None, STRETCH_ROWS, STRETCH_BYTES)
            moved, _ = take_stretch(worker, way, stretch)
        rows, rest, last, is_last = (
            rows + stretch.count,
            rest + len(moved.rest),
            stretch.last,
            stretch.is_last,
        )
    return rows / (time.perf_counter() - began), 1 - rest / rows


def pipe(dsn: str, copy: str, name: str) -> float:
    """Source rows a second when exactly what was written for them is copied into another database."""
    with connect(dsn, application_name="bench") as source, connect(copy, application_name="bench") as target:
        began = time.perf_counter()
        for table in (name, *BESIDE):
            out = compose.SQL("COPY (SELECT * FROM {} WHERE source_table = {}) TO STDOUT")
            into = compose.SQL("COPY {} FROM STDIN").format(compose.Identifier("atlas", table))
            chosen = out.format(compose.Identifier("atlas", table), compose.Literal(name))
            with source.cursor().copy(chosen) as reader, target.cursor().copy(into) as writer:
                for block in reader:
                    writer.write(block)
        target.commit()
        seconds = time.perf_counter() - began
        counted = source.execute(
            "SELECT count(*) FROM atlas.migration_ledger WHERE source_table = %s", [name]
        ).fetchone()
    return (counted[0] if counted else 0) / seconds


def _loop(_found: Ground, dsn: str, name: str) -> float:
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        seconds = timed(lambda: connection.execute(sql(f"benchmarks/plpgsql_{name}")))
        counted = connection.execute(
            compose.SQL("SELECT count(*) FROM {}").format(compose.Identifier("atlas", name))
        ).fetchone()
    return (counted[0] if counted else 0) / seconds


def _python(found: Ground, dsn: str, name: str) -> float:
    with found.worker(dsn) as worker:
        table = worker.source.table(name)
        began = time.perf_counter()
        rows = read_batch(worker.reader, worker.source, table, None, None, PYTHON_ROWS, 1 << 30).rows
        for at in range(0, len(rows), PYTHON_BATCH):
            with worker.writer.transaction():
                worker.take(table, rows[at : at + PYTHON_BATCH])
        return len(rows) / (time.perf_counter() - began)


def phase_rows(found: Ground) -> list[dict[str, Any]]:
    """The whole of phase 1 without live load, backup and rehearsal: minutes, where they go, and the memory it took."""
    with found.database() as dsn:
        context = found.context(dsn)
        began = time.perf_counter()
        result = run_phase(context.phase, site=context.site, scope=context.scope, options=context.options)
        seconds = time.perf_counter() - began
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            steps = connection.execute(sql("benchmarks/step_seconds"), {"run_id": result.run_id}).fetchall()
    told = [figure(f"phase 1, step {kind}", "s", [taken]) for kind, taken in steps if taken >= 1]
    memory = figure("peak memory of the benchmark's process, the phase in it", "MB", [peak_memory_mb()])
    return [figure(f"phase 1 as a whole ({result.status})", "s", [seconds]), *told, memory]
