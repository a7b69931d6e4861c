"""The whole of phase 1 in a process of its own: how long it takes, where that goes, and the most memory one process holds."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from figures import figure
from ground import Ground, most_held_mb

# One for each core of the machines that we measure on.
WORKERS = 2
# The phase succeeded: with every row migrated, or with some in quarantine, as a messy sample has them.
SUCCEEDED = (0, 3)
# The mark of a process only rises, so what is missed is what it gained in its last moment.
LOOK_SECONDS = 0.2
COMMAND = (
    "from atlas_workflows.cli.app import main; import sys;"
    "sys.argv = ['atlas', 'migrate', 'run', 'p1', '--no-backup', '--no-rehearse', '--dsn', *sys.argv[1:]]; main()"
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a phase run and how long it took."""

    kind: str
    seconds: float


def phase_rows(found: Ground) -> list[dict[str, Any]]:
    """Without live load, throttle, backup and rehearsal. Memory is told where /proc tells it (Linux)."""
    with found.database() as dsn:
        began, most = time.perf_counter(), 0
        with phase_process(found, dsn, "--no-throttle", "--workers", str(WORKERS)) as process:
            while process.poll() is None:
                most = max(most, _most_of_family_mb(process.pid))
                time.sleep(LOOK_SECONDS)
        seconds = time.perf_counter() - began
        if process.returncode not in SUCCEEDED:
            raise RuntimeError(f"the phase ended with exit status {process.returncode}")
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            steps = rows(connection, Step, sql("benchmarks/step_seconds"))
    told = [figure(f"phase 1, step {step.kind}", "s", [step.seconds]) for step in steps if step.seconds >= 1]
    whole = figure(f"phase 1 as a whole, {WORKERS} workers", "s", [seconds])
    return [whole, *told, figure("peak memory of the largest of our processes", "MB", [most])]


@contextmanager
def phase_process(found: Ground, dsn: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Phase 1 in a process of its own, ended with the block."""
    env = {"ATLAS_SECRET_KEYS": ",".join(found.settings.secret_keys), "ATLAS_HOME": str(found.settings.home)}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND, dsn, *options],
        env=env | {"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _most_of_family_mb(pid: int) -> int:
    """The most that this process or one below it has held so far."""
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0
    return max(map(most_held_mb, family))
