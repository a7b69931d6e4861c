"""The loader beside COPY, the whole backfill beside row-by-row loops, the translator alone, live load with and without."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.legacy.source.readers.reader import Reader
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.legacy.translate import translate
from atlas_workflows.migration.movement.entry import Entry, make_entry
from atlas_workflows.migration.movement.source import read_batch, read_rows
from atlas_workflows.migration.movement.target import SCHEMA
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.nodes.catalogue import load_catalogue
from figures import figure, timed
from ground import Ground, ground
from history import history_rows
from live_load import live_rows
from migration_proof import proof_rows
from phase import phase_rows
from yielding import yield_rows

ROUNDS = 3
TRANSLATOR_ROUNDS = 10
CHUNK = 100
# A row takes the client loop about ten milliseconds; a few hundred tell its rate.
LOOP_ROWS = 300
BATCH = 1_000
TABLE = "workflows"
SIZE = os.environ.get("ATLAS_BENCH_SIZE", "M")


def run(only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One row per figure; ratios compare contestants of the same round on the same data. `only`: some sections."""
    rows: list[dict[str, Any]] = []
    with ground(SIZE) as found:
        for name in only or SECTIONS:
            for told in SECTIONS[name](found):
                rows.append(told)
                # Long work says how far it is; the table comes at the end.
                print(
                    f"{told['measure']}: {told['ours']} {told['unit']}, ratio {told['ratio']}",
                    file=sys.stderr,
                    flush=True,
                )
    return rows


def _loader(found: Ground) -> list[dict[str, Any]]:
    """(a) Translation precomputed; the peer is COPY out piped to COPY in of exactly the bytes we wrote."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with found.database() as dsn, found.database() as copy, found.worker(dsn) as worker:
            entries = _entries(worker)
            ours.append(len(entries) / timed(lambda: _load(worker, entries)))  # noqa: B023
            theirs.append(len(entries) / timed(lambda: _pipe(dsn, copy, entries, worker)))  # noqa: B023
    return [figure("(a) loader, translation precomputed", "workflows/s", ours, "COPY out | COPY in", theirs)]


def _whole(found: Ground) -> list[dict[str, Any]]:
    """(b) Reading, translating, loading, beside a client loop with the same translator and the PL/pgSQL loop."""
    contestants = {
        "ours": ours,
        "client loop, a row at a time": _client_loop,
        "PL/pgSQL loop (seed's transform)": _plpgsql,
    }
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            with found.database() as dsn:
                rates[name].append(contestant(found, dsn))
    own = rates.pop("ours")
    return [figure("(b) end to end", "workflows/s", own, peer, theirs) for peer, theirs in rates.items()]


def _translator(found: Ground) -> list[dict[str, Any]]:
    """(c) Translation and validation of every workflow, rows already in memory, on one core (CPU time)."""
    catalogue = load_catalogue()
    with found.database() as dsn, found.worker(dsn) as worker:
        reader, tenancy = READERS[worker.source.shape.letter], worker.source.tenancy
        rows = source_rows(worker, TABLE)
        chunks = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
        rounds = [
            [_translating(chunk, reader, tenancy, catalogue) for chunk in chunks]
            for _ in range(TRANSLATOR_ROUNDS)
        ]
        seconds = sum(map(min, zip(*rounds, strict=True)))
    # The best of ten for each chunk: processor time of the same work differs only by what else goes on in the machine.
    return [figure("(c) translator with validation, one core", "workflows/s", [len(rows) / seconds])]


def _translating(rows: Sequence[SourceRow], reader: Reader, tenancy: Tenancy, catalogue: Catalogue) -> float:
    began = time.process_time()
    for row in rows:
        translate(reader.record(row), tenancy, catalogue)
    return time.process_time() - began


def ours(found: Ground, dsn: str) -> float:
    """Workflows per second of the migration's own worker, batch by batch."""
    with found.worker(dsn) as worker:
        done, seconds = 0, 0.0
        after, is_last = None, False
        while not is_last:
            began = time.perf_counter()
            batch = read_batch(
                worker.reader, worker.source, worker.source.table(TABLE), after, None, BATCH, 16 << 20
            )
            _take(worker, TABLE, batch.rows)
            seconds += time.perf_counter() - began
            done, is_last = done + len(batch.rows), batch.is_last
            after = batch.rows[-1].id if batch.rows else after
    return done / seconds


def _client_loop(found: Ground, dsn: str) -> float:
    """Read, translate and insert one workflow in a transaction of its own, then the next."""
    with found.worker(dsn) as worker:
        table = worker.source.table(TABLE)
        ids = [
            row[0]
            for row in worker.reader.execute("SELECT id::text FROM public.workflows LIMIT %s", [LOOP_ROWS])
        ]
        began = time.perf_counter()
        for row_id in ids:
            (row,) = read_rows(worker.reader, worker.source, table, [row_id])
            entry = make_entry(row, table, worker.source.tenancy, worker.sealer)
            with worker.writer.transaction():
                for (name, columns), values in worker.loader().groups([entry]).items():
                    for value in values:
                        worker.writer.execute(_insert(name, columns), value)
        return len(ids) / (time.perf_counter() - began)


def _plpgsql(_found: Ground, dsn: str) -> float:
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        connection.execute(sql("benchmarks/plpgsql_tables"))
        seconds = timed(lambda: connection.execute(sql("benchmarks/plpgsql_loop")))
        row = connection.execute("SELECT count(*) FROM public.workflows").fetchone()
    return (row[0] if row else 0) / seconds


def _entries(worker: Worker) -> list[Entry]:
    table = worker.source.table(TABLE)
    return [
        make_entry(row, table, worker.source.tenancy, worker.sealer) for row in source_rows(worker, TABLE)
    ]


def source_rows(worker: Worker, name: str) -> Sequence[SourceRow]:
    """Every row of a source table, in memory."""
    return read_batch(
        worker.reader, worker.source, worker.source.table(name), None, None, 1_000_000, 1 << 40
    ).rows


def _load(worker: Worker, entries: Sequence[Entry]) -> None:
    for at in range(0, len(entries), BATCH):
        with worker.writer.transaction():
            worker.loader().load(entries[at : at + BATCH])


def _take(worker: Worker, name: str, rows: Sequence[SourceRow]) -> None:
    table = worker.source.table(name)
    for at in range(0, len(rows), BATCH):
        with worker.writer.transaction():
            worker.take(table, rows[at : at + BATCH])


def _pipe(dsn: str, copy: str, entries: Sequence[Entry], worker: Worker) -> None:
    columns: dict[str, tuple[str, ...]] = {}
    for table, names in worker.loader().groups(entries):
        columns[table] = tuple(dict.fromkeys((*columns.get(table, ()), *names)))
    with connect(dsn, application_name="bench") as source, connect(copy, application_name="bench") as target:
        for table, names in columns.items():
            _copy(source, target, table, names)


def _copy(source: Connection, target: Connection, table: str, names: tuple[str, ...]) -> None:
    parts = compose.Identifier(SCHEMA, table), compose.SQL(", ").join(map(compose.Identifier, names))
    out = compose.SQL("COPY {} ({}) TO STDOUT").format(*parts)
    into = compose.SQL("COPY {} ({}) FROM STDIN").format(*parts)
    with source.cursor().copy(out) as reader, target.cursor().copy(into) as writer:
        for block in reader:
            writer.write(block)


def _insert(table: str, columns: tuple[str, ...]) -> compose.Composed:
    return compose.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        compose.Identifier(SCHEMA, table),
        compose.SQL(", ").join(map(compose.Identifier, columns)),
        compose.SQL(", ").join(compose.Placeholder() for _ in columns),
    )


SECTIONS: Mapping[str, Callable[[Ground], list[dict[str, Any]]]] = {
    "translator": _translator,
    "loader": _loader,
    "whole": _whole,
    "history": history_rows,
    "phase": phase_rows,
    "proof": proof_rows,
    "live": live_rows,
    "yield": yield_rows,
}
