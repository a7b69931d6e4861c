"""The whole phase on size L: what it holds on the legacy tables, for how long, in how much memory, and what it proves.

The default run takes size S; ATLAS_SOAK=1 takes size L: 50,000 workflows, a million executions, a row of ten megabytes.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from cryptography.fernet import Fernet

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SIZES, make_spec

SOAKING = os.environ.get("ATLAS_SOAK") == "1"
SIZE = "L" if SOAKING else "S"
LONGEST_LOCK, LONGEST_SNAPSHOT = 1.0, 60.0  # seconds
MOST_MEMORY = 400  # MB of one process
QUARANTINED = 3  # exit status: the messy sample has rows that no one can translate
STRONG_LOCKS = """
SELECT session.pid, relation.relname, lock.mode
FROM pg_locks AS lock
JOIN pg_class AS relation ON relation.oid = lock.relation
JOIN pg_stat_activity AS session ON session.pid = lock.pid
WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind = 'r' AND lock.granted
AND lock.mode <> 'AccessShareLock' AND session.application_name LIKE 'atlas%'
"""
OLDEST_SNAPSHOT = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)
FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND application_name LIKE 'atlas%' AND datname = current_database()
"""


@dataclass
class Watch:
    """The most that was seen: seconds a strong lock was held, seconds a snapshot was open, megabytes of one process."""

    lock: float = 0.0
    snapshot: float = 0.0
    memory: float = 0.0
    looks: int = 0
    held: dict[tuple[int, str, str], float] = field(default_factory=dict)

    def look(self, connection: "psycopg.Connection[Any]", process: psutil.Process) -> None:
        now = time.monotonic()
        held = {(pid, table, mode) for pid, table, mode in connection.execute(STRONG_LOCKS)}
        self.held = {key: self.held.get(key, now) for key in held}
        self.lock = max(self.lock, *(now - since for since in self.held.values()), 0.0)
        for row in connection.execute(OLDEST_SNAPSHOT):
            self.snapshot = max(self.snapshot, float(row[0]))
        self.memory = max(self.memory, *(_megabytes(member) for member in _family(process)), 0.0)
        self.looks += 1


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


@contextmanager
def watching(dsn: str, pid: int) -> Iterator[Watch]:
    """Look on every 50 ms as long as the block lasts."""
    watch, stop = Watch(), threading.Event()

    def keep_looking() -> None:
        with psycopg.connect(dsn, autocommit=True, application_name="onlooker") as connection:
            process = psutil.Process(pid)
            while not stop.wait(0.05):
                watch.look(connection, process)

    onlooker = threading.Thread(target=keep_looking)
    onlooker.start()
    try:
        yield watch
    finally:
        stop.set()
        onlooker.join()


def migrate(dsn: str, home: Path) -> tuple[Watch, subprocess.CompletedProcess[str]]:
    """The phase as a script would run it. Without a backup, whose snapshot is announced to be long, and unthrottled."""
    atlas = Path(sys.executable).with_name("atlas")
    options = ["--no-backup", "--no-rehearse", "--no-throttle", "--report", str(home / "report"), "--json"]
    env = {**os.environ, "ATLAS_HOME": str(home), "ATLAS_SECRET_KEYS": Fernet.generate_key().decode()}
    process = subprocess.Popen(
        [atlas, "migrate", "run", "p1", "--dsn", dsn, *options],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with watching(dsn, process.pid) as watch:
        said, complaints = process.communicate()
    return watch, subprocess.CompletedProcess(process.args, process.returncode, said, complaints)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_locks_snapshots_and_memory_stay_small(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    dsn = pg_server.create_database(f"size_{SIZE.lower()}")
    create_sample(dsn, make_spec("B", SIZE, messy=True, seed=1))
    began = time.monotonic()
    watch, ended = migrate(dsn, tmp_path)
    print(f"size {SIZE}: {time.monotonic() - began:.0f} s, {watch}")
    assert ended.returncode == QUARANTINED, ended.stderr[-2000:]
    assert watch.looks > 20
    assert watch.lock <= LONGEST_LOCK
    assert watch.snapshot <= LONGEST_SNAPSHOT
    assert watch.memory <= MOST_MEMORY
    counts = _read(tmp_path, "report.json")["counts"]
    assert sum(counts.values()) == SIZES[SIZE].workflows
    assert counts["migrated"] + counts["migrated_with_warnings"] > counts["quarantined"]
    assert _read(tmp_path, "differences.json")["total"] == 0


def _read(home: Path, name: str) -> Any:
    return json.loads((home / "report" / name).read_text())
