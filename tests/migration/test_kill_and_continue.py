"""Killed with SIGKILL at any moment and started again, the phase reaches the state of an uninterrupted run."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from atlas_state import atlas_state, differences
from both_ways import HISTORY
from legacy_samples import clone_sample
from moving_phase import fetch, migrate

from atlas_workflows.db.server import EmbeddedServer

HERE = Path(__file__).parent
ATLAS = Path(sys.executable).with_name("atlas")
KILLS = 3


def start(dsn: str, home: Path, workers: int, batch_rows: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(HERE / "phase_process.py"), dsn, str(home), str(workers), str(batch_rows)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def rows_done(dsn: str) -> int:
    [(rows,)] = fetch(dsn, "SELECT coalesce(sum(rows_done), 0) FROM atlas.backfill_cursors")
    return int(rows)


def rows_set_wise(dsn: str) -> dict[str, int]:
    """Rows of each table of history that were moved inside the database, in batches that lasted."""
    return dict(
        fetch(
            dsn,
            "SELECT source_table, sum(rows_set_wise)::int FROM atlas.backfill_cursors WHERE source_table = ANY(%s) GROUP BY 1",
            list(HISTORY),
        )
    )


def kill_at(process: subprocess.Popen[bytes], dsn: str, rows: int) -> bool:
    """Kill the process once it moved a row and about `rows` are through; False when it came to its end before."""
    before = rows_done(dsn)
    while process.poll() is None:
        if rows_done(dsn) >= max(rows, before + 1):
            time.sleep(random.random() * 0.02)
            # With its workers, or the leader alone: workers that outlive it must get out of the way.
            random.choice((os.killpg, os.kill))(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.01)
    assert process.stderr is not None
    assert process.returncode in (0, 3), process.stderr.read().decode()
    return False


def assert_gone(process: subprocess.Popen[bytes]) -> None:
    """Soon nothing of the process group is left: no worker waits for a leader that was killed."""
    end = time.monotonic() + 60
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        pytest.fail("a worker outlived its leader")


def kill_and_continue(pg_server: EmbeddedServer, home: Path, shape: str, workers: int, kills: int) -> None:
    """Kill a run `kills` times at random marks, let it end, and compare with an undisturbed one."""
    killed, straight = (clone_sample(pg_server, shape, executions=max(600, 60 * kills)) for _ in range(2))
    migrate(straight, home / "straight")
    total = rows_done(straight)
    assert total > 500
    # Every kill lets a batch of each worker through at least: small ones, so that there is work left for the last kill.
    batch_rows = max(1, min(20, total // (kills * workers * 4)))
    for mark in sorted(random.choices(range(total * 2 // 3), k=kills)):
        process = start(killed, home, workers, batch_rows)
        assert kill_at(process, killed, mark), "it ended before the last kill"
        assert_gone(process)
    last = start(killed, home, workers, batch_rows)
    _, said = last.communicate(timeout=240)
    assert last.returncode in (0, 3), said.decode()
    assert fetch(killed, "SELECT count(*) FROM atlas.phase_runs") == [(1,)]
    assert differences(atlas_state(straight, times=False), atlas_state(killed, times=False)) == {}
    # Which way a row takes is said by the row, not by where a batch begins or how often it was begun.
    moved = rows_set_wise(straight)
    assert rows_set_wise(killed) == moved
    for table, rows in moved.items():
        [(count,)] = fetch(straight, f"SELECT count(*) FROM {table}")
        assert rows > count * 0.7, table


def has_moved(dsn: str) -> bool:
    return (
        fetch(dsn, "SELECT to_regclass('atlas.backfill_cursors') IS NOT NULL") == [(True,)]
        and rows_done(dsn) > 0
    )


@pytest.mark.slow
def test_ctrl_c_for_all_of_a_backfill_is_one_line_and_the_run_goes_on(
    pg_server: EmbeddedServer, tmp_path: Path
) -> None:
    """A terminal sends it to every process of the group: the command, its workers, and what they started."""
    dsn = clone_sample(pg_server, "A")
    words = [
        "migrate",
        "run",
        "p1",
        "--workers",
        "2",
        "--batch-rows",
        "2",
        "--no-throttle",
        "--no-backup",
        "--no-rehearse",
        "--json",
    ]
    with subprocess.Popen(
        [ATLAS, *words, "--dsn", dsn], env=os.environ | {"ATLAS_HOME": str(tmp_path)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        while not has_moved(dsn):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        told, complained = process.communicate(timeout=120)
        assert_gone(process)
    line = "Interrupted; `atlas migrate run p1` with the same words continues it."
    assert (process.returncode, told, complained.strip()) == (130, "", line)
    [(run_id, status)] = fetch(dsn, "SELECT id, status FROM atlas.phase_runs")
    [(left,)] = fetch(dsn, "SELECT count(*) FROM atlas.backfill_cursors WHERE finished_at IS NULL")
    assert (status, left > 0) == ("interrupted", True)
    ended = migrate(dsn, tmp_path)
    assert (ended.run_id, ended.status) == (str(run_id), "succeeded")


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "workers"), [("A", 1), ("B", 2)])
def test_kill_and_continue(pg_server: EmbeddedServer, tmp_path: Path, shape: str, workers: int) -> None:
    kill_and_continue(pg_server, tmp_path, shape, workers, KILLS)
