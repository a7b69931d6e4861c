"""Section `proof`: the reconciliation beside one SQL pass that hashes every compared row of both sides, and beside row by row.

History alone has a pass over history alone beside it. Neither pass reads the ledger and the originals, as the reconciliation must.

Seconds by the clock mean something on a calm machine alone. Where the server's processes can be looked at (Linux), processor
seconds stand beside them, of its sessions and of our process together: those a busy machine hardly changes.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.reconciliation import reconcile as proving
from atlas_workflows.migration.reconciliation.our_side import SCHEMA, read_target_tables
from atlas_workflows.migration.reconciliation.set_wise import HISTORY
from atlas_workflows.migration.reconciliation.source_side import SCHEMA as SOURCE_SCHEMA
from atlas_workflows.migration.reconciliation.source_side import read_shelves
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Site
from figures import figure
from ground import Ground, most_held_mb

ROUNDS = 3
MOVES_ONLY = ("expand", "backfill", "approve", "finish")
# Row by row takes most of an hour over a million executions.
ROW_BY_ROW = os.environ.get("ATLAS_BENCH_ROW_BY_ROW", "1") == "1"
FLOOR = "one SQL pass that hashes both sides"
FLOOR_OF_HISTORY = "one SQL pass that hashes history on both sides"
NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Proof:
    """What one reconciliation took. `history`: seconds that sessions worked on executions and steps; `processor`: of the server's
    sessions and of our process together, NaN where the server's cannot be looked at."""

    seconds: float
    processor: float
    history: float
    memory_mb: int
    oldest: float
    longest: str


def proof_rows(found: Ground) -> list[dict[str, Any]]:
    """Ratios to the floor of the same round, over one migrated database, by one session, by two, and of one organization."""
    with found.database() as dsn:
        _migrate(found, dsn)
        floors: list[tuple[float, float]] = []
        floors_of_history: list[tuple[float, float]] = []
        ways: dict[str, list[Proof]] = {"1": [], "2": [], "organization": []}
        for _ in range(ROUNDS):
            floors.append(floor(dsn))
            floors_of_history.append(floor(dsn, only_history=True))
            for way, proofs in ways.items():
                proofs.append(_in_a_process_of_its_own(found, dsn, way))
        rows = [*_rows(floors, floors_of_history, ways)]
        if ROW_BY_ROW:
            one = _in_a_process_of_its_own(found, dsn, "rows").processor
            told = [proof.processor for proof in ways["1"]]
            rows.append(_figure("reconcile, one session, processor", told, "row by row", [one] * len(told)))
        return rows


def _rows(
    floors: Sequence[tuple[float, float]],
    floors_of_history: Sequence[tuple[float, float]],
    ways: dict[str, list[Proof]],
) -> Iterator[dict[str, Any]]:
    clock, processor = ([each[at] for each in floors] for at in (0, 1))
    history_clock, history_processor = ([each[at] for each in floors_of_history] for at in (0, 1))
    for way, proofs in ways.items():
        name = {"1": "one session", "2": "two sessions"}.get(way, "one organization")
        yield _figure(f"reconcile, {name}, by the clock", [p.seconds for p in proofs], FLOOR, clock)
        yield _figure(f"reconcile, {name}, processor", [p.processor for p in proofs], FLOOR, processor)
    one = ways["1"]
    history = [p.history for p in one]
    yield _figure(
        "reconcile, history alone, one session, by the clock", history, FLOOR_OF_HISTORY, history_clock
    )
    yield _figure(
        "reconcile, all of it, one session, processor",
        [p.processor for p in one],
        FLOOR_OF_HISTORY,
        history_processor,
    )
    both = [*one, *ways["2"]]
    yield figure("reconcile, peak memory of its process", "MB", [p.memory_mb for p in both])
    yield _figure("reconcile, oldest snapshot", [p.oldest for p in both])
    yield _figure(f"reconcile, where one session was longest: {one[-1].longest}", [p.seconds for p in one])


def _figure(
    name: str, ours: Sequence[float], peer: str | None = None, theirs: Sequence[float] = ()
) -> dict[str, Any]:
    # Sample S takes fractions of a second.
    told = figure(name, "s", ours, peer, theirs)
    return told | {
        "ours": round(sorted(ours)[len(ours) // 2], 2),
        "theirs": round(sorted(theirs)[len(theirs) // 2], 2) if theirs else None,
    }


def _migrate(found: Ground, dsn: str) -> None:
    """Every row moves, without preflight, checks and the proof."""
    phase = replace(phase_named("p1"), steps=MOVES_ONLY)
    options = RunOptions(backup=False, rehearse=False, throttle=False)
    result = run_phase(phase, site=Site(dsn, found.settings), options=options)
    if result.status != "succeeded":
        raise RuntimeError(f"The migration did not succeed: {result.problem}")
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def floor(dsn: str, *, only_history: bool = False) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        # Each session of ours works alone, and so does the floor's.
        connection.execute("SET max_parallel_workers_per_gather = 0")
        tables = compose.SQL(" UNION ALL ").join(
            compose.SQL("SELECT t::text AS said FROM {} AS t").format(compose.Identifier(schema, name))
            for schema, name in _compared(connection)
        )
        whole = sql("benchmarks/hash_both_sides").format(tables=tables)
        before, began = _processor_of([connection]), time.perf_counter()
        connection.execute(sql("benchmarks/hash_history") if only_history else whole)
        return time.perf_counter() - began, _processor_of([connection]) - before


def _compared(connection: Connection) -> Iterator[tuple[str, str]]:
    yield from ((SOURCE_SCHEMA, name) for name in read_shelves(connection))
    yield from ((SCHEMA, table.name) for table in read_target_tables(connection))


def _processor_of(connections: Sequence[Connection]) -> float:
    """Seconds that the server's processes behind these sessions have had so far."""
    try:
        told = [Path(f"/proc/{each.info.backend_pid}/schedstat").read_text() for each in connections]
    except OSError:
        return float("nan")
    return sum(int(line.split()[0]) for line in told) / NANOSECONDS


def _in_a_process_of_its_own(found: Ground, dsn: str, way: str) -> Proof:
    environment = {**os.environ, "ATLAS_SECRET_KEYS": ",".join(found.settings.secret_keys)}
    done = subprocess.run(
        [sys.executable, __file__, dsn, way], capture_output=True, text=True, check=True, env=environment
    )
    return Proof(**json.loads(done.stdout))


def main(dsn: str, way: str) -> None:
    """Reconcile once and say what it took; nothing may differ."""
    keys = tuple(os.environ["ATLAS_SECRET_KEYS"].split(","))
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(connect(dsn, application_name="bench", autocommit=True))
            for _ in range(int(way) if way.isdigit() else 1)
        ]
        covered = (
            frozenset(scalars(sessions[0], sql("benchmarks/an_organization")))
            if way == "organization"
            else None
        )
        before, began = time.process_time(), time.perf_counter()
        found = proving.reconcile(
            sessions[0], Sealer(keys), beside=sessions[1:], covered=covered, set_wise=way != "rows"
        )
        seconds = time.perf_counter() - began
        processor = time.process_time() - before + _processor_of(sessions)
    if not found.is_clean:
        raise RuntimeError(f"{found.difference_count} differences, of them {found.differences[:3]}")
    longest = sorted(found.seconds, key=lambda name: -found.seconds[name])[:4]
    told = {
        "seconds": seconds, "processor": processor, "history": sum(found.seconds[name] for name in HISTORY),
        "memory_mb": most_held_mb(os.getpid()), "oldest": found.oldest_snapshot,
        "longest": ", ".join(f"{name} {found.seconds[name]:.1f}" for name in longest),
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
