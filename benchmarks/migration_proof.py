"""Section `reconcile`: the whole reconciliation beside one SQL pass that hashes both sides, and beside a comparison row by row."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from atlas_workflows.db.connect import connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.reconciliation import reconcile as proving
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Site
from ground import Ground, peak_memory_mb

ROUNDS = 3
MOVES_ONLY = ("expand", "backfill", "approve", "finish")
# Row by row takes most of an hour over a million executions.
ROW_BY_ROW = os.environ.get("ATLAS_BENCH_ROW_BY_ROW", "1") == "1"


def proof_rows(found: Ground) -> list[dict[str, Any]]:
    """Seconds of each, over the same migrated database, and the memory of a process that only reconciles."""
    with found.database() as dsn:
        _migrate(found, dsn)
        floors, ours = [], []
        for _ in range(ROUNDS):
            floors.append(_floor(dsn))
            ours.append(_in_a_process_of_its_own(found, dsn))
        seconds = [item[0] for item in ours]
        rows = [
            _row("reconcile: the whole of it", "s", seconds, "one SQL pass that hashes both sides", floors),
            _row("reconcile: peak memory of its process", "MB", [item[1] for item in ours]),
            _row("reconcile: snapshots / oldest", "s", [item[2] for item in ours]),
        ]
        if ROW_BY_ROW:
            one = _in_a_process_of_its_own(found, dsn, set_wise=False)[0]
            rows.append(_row("reconcile: the whole of it", "s", seconds, "row by row", [one] * len(seconds)))
    return rows


def _migrate(found: Ground, dsn: str) -> None:
    """Every row moves, without preflight, checks and the proof."""
    phase = replace(phase_named("p1"), steps=MOVES_ONLY)
    options = RunOptions(backup=False, rehearse=False, throttle=False)
    result = run_phase(phase, site=Site(dsn, found.settings), options=options)
    if result.status != "succeeded":
        raise RuntimeError(f"The migration did not succeed: {result.problem}")
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _floor(dsn: str) -> float:
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        # One session of ours works, so one of the floor's does.
        connection.execute("SET max_parallel_workers_per_gather = 0")
        began = time.perf_counter()
        connection.execute(sql("benchmarks/hash_both_sides"))
        return time.perf_counter() - began


def _in_a_process_of_its_own(found: Ground, dsn: str, *, set_wise: bool = True) -> tuple[float, int, float]:
    """Seconds, megabytes at the most, and the seconds that the oldest snapshot reached."""
    environment = {**os.environ, "ATLAS_SECRET_KEYS": ",".join(found.settings.secret_keys)}
    done = subprocess.run(
        [sys.executable, __file__, dsn, "sets" if set_wise else "rows"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    seconds, memory, oldest = done.stdout.split()
    return float(seconds), int(memory), float(oldest)


def _row(
    name: str, unit: str, ours: Sequence[float], peer: str | None = None, theirs: Sequence[float] = ()
) -> dict[str, Any]:
    ratios = [a / b for a, b in zip(ours, theirs, strict=False)]
    return {
        "measure": name,
        "unit": unit,
        "ours": round(median(ours), 1),
        "peer": peer,
        "theirs": round(median(theirs), 1) if theirs else None,
        "ratio": round(median(ratios), 2) if ratios else None,
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)] if ratios else None,
    }


def main(dsn: str, way: str) -> None:
    """Reconcile once and say what it took; nothing may differ."""
    keys = tuple(os.environ["ATLAS_SECRET_KEYS"].split(","))
    with connect(dsn, application_name="bench", autocommit=True) as connection:
        began = time.perf_counter()
        found = proving.reconcile(connection, Sealer(keys), set_wise=way == "sets")
        seconds = time.perf_counter() - began
    if not found.is_clean:
        raise RuntimeError(f"{found.difference_count} differences, of them {found.differences[:3]}")
    print(f"{seconds:.2f} {peak_memory_mb()} {found.oldest_snapshot:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
