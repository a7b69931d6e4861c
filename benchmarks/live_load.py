"""Live queries at a fixed arrival rate on the legacy tables, with and without a backfill beside them.

An open loop: queries arrive when they are due, whether or not the one before is answered, so a lock shows in the
latency of everything that queued behind it. PostgreSQL's own pgbench makes the load: a client in Python shows its
interpreter's lock, up to 5 ms of it, and calls it latency.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from atlas_workflows.db.sql_files import sql
from ground import Ground
from phase import phase_process
from yielding import wait_for_history

CLIENTS = 4
SHARE = 0.3
ROUNDS = 3
SECONDS = 9
WARM_UP = 1.0  # seconds: new sessions fill their caches, whatever runs beside them
READ = "SELECT * FROM public.workflows WHERE id = (SELECT id FROM bench.live_ids WHERE number = :number);"
WRITE = (
    "UPDATE public.workflows SET updated_at = now() "
    "WHERE id = (SELECT id FROM bench.live_ids WHERE number = :number);"
)
READS, WRITES = 7, 3  # of ten
# Columns of pgbench's log: microseconds from when a query was due to when it was answered; when that was, in two parts.
LATENCY, SECOND, MICROSECOND = 2, 4, 5


def live_rows(found: Ground) -> list[dict[str, Any]]:
    """p50 and p99 idle and during a backfill with the throttle on; three interleaved rounds."""
    idle, busy = list[float](), list[float]()
    rate = 0.0
    for _ in range(ROUNDS):
        with found.database() as dsn, tempfile.TemporaryDirectory() as folder:
            load = _Load(found, dsn, Path(folder))
            rate = rate or SHARE * load.capacity()
            load.checkpoint()
            idle += load.offer(rate)
            load.checkpoint()
            busy += _while_migrating(found, load, rate)
    return [
        _row(name, rate, sorted(idle), sorted(busy), share) for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


class _Load:
    """pgbench against one database; `folder` takes its scripts and logs."""

    def __init__(self, found: Ground, dsn: str, folder: Path) -> None:
        self.dsn, self.folder = dsn, folder
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(sql("benchmarks/live_ids"))
            row = connection.execute("SELECT count(*) FROM bench.live_ids").fetchone()
        count = row[0] if row else 0
        self._command = [str(found.server.binaries / "pgbench"), "--no-vacuum", "--protocol=prepared"]
        self._command += [f"--client={CLIENTS}", "--jobs=2", f"--define=count={count}"]
        for name, query, weight in (("read", READ, READS), ("write", WRITE, WRITES)):
            script = folder / f"{name}.sql"
            script.write_text(f"\\set number random(1, :count)\n{query}\n")
            self._command.append(f"--file={script}@{weight}")

    def capacity(self) -> float:
        """Queries per second when every client asks again at once."""
        said = self._run(f"--time={SECONDS // 2}")
        return next(float(line.split()[2]) for line in said.splitlines() if line.startswith("tps = "))

    def offer(self, rate: float) -> list[float]:
        """Latencies in seconds of `rate` queries per second, without those of the first second."""
        self._run(f"--time={SECONDS}", f"--rate={rate}", "--log", f"--log-prefix={self.folder / 'log'}")
        logs = list(self.folder.glob("log*"))
        lines = [
            [int(part) for part in line.split()] for log in logs for line in log.read_text().splitlines()
        ]
        for log in logs:
            log.unlink()
        answered = [parts[SECOND] + parts[MICROSECOND] / 1e6 for parts in lines]
        begin = min(answered) + WARM_UP
        return [
            parts[LATENCY] / 1e6 for parts, moment in zip(lines, answered, strict=True) if moment >= begin
        ]

    def checkpoint(self) -> None:
        """Both begin alike, with log segments to use again: a server that has only just begun stalls to make each of them."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def _run(self, *options: str) -> str:
        return subprocess.run(
            [*self._command, *options, self.dsn], check=True, stdout=subprocess.PIPE, text=True
        ).stdout


def _while_migrating(found: Ground, load: _Load, rate: float) -> list[float]:
    with phase_process(found, load.dsn) as backfill:
        # Start-up and checks are not what is measured, nor the workflows, which come before and through Python.
        wait_for_history(load.dsn)
        latencies = load.offer(rate)
        if backfill.poll() is not None:
            raise RuntimeError("the backfill ended before the load did: nothing was measured beside it")
    return latencies


def _row(name: str, rate: float, idle: list[float], busy: list[float], share: float) -> dict[str, Any]:
    before, during = (1000 * values[int(len(values) * share)] for values in (idle, busy))
    return {
        "measure": f"live queries, {name} at {rate:.0f}/s", "unit": "ms during backfill", "ours": round(during, 2),
        "peer": "idle", "theirs": round(before, 2), "ratio": round(during / before, 2), "ratio_range": None,
    }  # fmt: skip
