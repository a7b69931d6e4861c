"""The database refuses, stops or loses a set-wise statement in earnest: the rows arrive all the same, each of them once."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from both_ways import HISTORY, WRITTEN, Written, by_python, taken_back, trigger, way_to, written
from legacy_samples import clone_sample
from moving_phase import fetch
from plain_source import NOW, new_context

from atlas_workflows.db.rows import one
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.planning import planned_ranges
from atlas_workflows.migration.movement.setwise import (
    FEWEST_HALVED,
    Stretch,
    read_stretch,
    take_stretch,
)
from atlas_workflows.migration.movement.setwise_statement import EXECUTIONS, STEPS, Statement
from atlas_workflows.migration.movement.source import batches
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.movement.workers import work_ranges

TOKEN = "glpat-" + "AbCdEfGhIjKlMnOpQrSt"
LOCK = 4711
MANY, MUCH = 10_000, 1 << 30
LEGACY_LOCKS = """
    SELECT DISTINCT l.mode FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
    WHERE c.relnamespace = 'public'::regnamespace AND l.pid IN (SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'atlas%')
"""


@dataclass(frozen=True)
class Place:
    """A database with a tidy sample of shape B, a run in it, the keys of its steps, and what Python makes of its history."""

    dsn: str
    context: PhaseContext
    keys: list[str]
    expected: Written


@pytest.fixture(scope="module")
def place(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    dsn = clone_sample(pg_server, "B", workflows=30, executions=60, messy=False)
    context = new_context(dsn, tmp_path_factory.mktemp("home"))
    with at_work(context) as worker:
        expected = of_python(worker)
    keys = [key for (key,) in fetch(dsn, f"SELECT id::text FROM {STEPS} ORDER BY id")]
    assert len(keys) > 4 * FEWEST_HALVED
    yield Place(dsn, context, keys, expected)
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def worker(place: Place) -> Iterator[Worker]:
    with at_work(place.context) as found:
        yield found


def of_python(worker: Worker) -> Written:
    """What Python alone makes of the history."""
    with taken_back(worker):
        for name in HISTORY:
            by_python(worker, name)
        return written(worker)


def whole(worker: Worker, way: Statement) -> Stretch:
    return read_stretch(worker, way, None, None, MANY, MUCH)


def steps_of(everything: Written) -> Written:
    """What comes of the table of steps; an execution of this shape carries none."""
    return {table: [row for row in rows if f'"{STEPS}"' in row] for table, rows in everything.items()}


def move(place: Place) -> None:
    """Work through the history from where its cursors stand."""
    with at_work(place.context) as worker:
        planned = planned_ranges(worker.writer, worker.source, place.context.run_id, 1, NOW)
        ranges = [each.range for each in planned if each.range.table in HISTORY and not each.is_finished]
        work_ranges(place.context, worker.source, ranges, lambda: None)


def arrived(place: Place) -> int:
    """Hold what was written against what Python writes, clear it away, and say how many rows went set-wise."""
    with at_work(place.context) as worker:
        assert written(worker) == place.expected
    [(rows, set_wise)] = fetch(
        place.dsn,
        "SELECT sum(rows_done)::int, sum(rows_set_wise)::int FROM atlas.backfill_cursors WHERE source_table = ANY(%s)",
        list(HISTORY),
    )
    assert rows == len(place.expected["migration_ledger"])
    for table in (*WRITTEN, "backfill_cursors"):
        fetch(place.dsn, f"DELETE FROM atlas.{table}")
    return int(set_wise)


@dataclass
class Mover:
    """A run in a thread of its own, and what ended it."""

    place: Place
    ended_by: BaseException | None = None

    def run(self) -> None:
        try:
            move(self.place)
        except Exception as cause:
            self.ended_by = cause


@contextmanager
def held_up(place: Place, key: str) -> Iterator[tuple[Mover, psycopg.Connection[Any], int]]:
    """A run whose statement has come to this row and waits for a lock that the given session holds; also its pid."""
    mover = Mover(place)
    thread = Thread(target=mover.run)
    body = f"IF NEW.source_id = '{key}' THEN PERFORM pg_advisory_xact_lock({LOCK}); END IF;"
    with trigger(place.dsn, body):
        with psycopg.connect(place.dsn) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            thread.start()
            yield mover, other, waiting(place.dsn, thread)
        thread.join()


def waiting(dsn: str, thread: Thread) -> int:
    """The server process that waits for the lock."""
    while True:
        found = fetch(dsn, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        if found:
            return int(found[0][0])
        assert thread.is_alive()
        time.sleep(0.02)


def test_when_the_time_is_over_python_takes_the_rest(place: Place, worker: Worker) -> None:
    """Halves would take as long again each; Python needs seconds for all of them."""
    way = way_to(worker, STEPS)
    slow = f"IF NEW.source_id = '{place.keys[70]}' THEN PERFORM pg_sleep(20); END IF;"
    with trigger(place.dsn, slow), taken_back(worker):
        began = time.monotonic()
        moved, by_hand = take_stretch(worker, way, whole(worker, way), seconds=0.5)
        assert (moved.written, by_hand) == (0, len(place.keys))
        assert time.monotonic() - began < 15
        assert steps_of(written(worker)) == steps_of(place.expected)


def test_a_statement_that_an_administrator_ends_is_tried_in_halves(place: Place) -> None:
    with held_up(place, place.keys[70]) as (mover, other, pid):
        fetch(place.dsn, "SELECT pg_cancel_backend(%s)", pid)
        while fetch(
            place.dsn,
            "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event IS DISTINCT FROM 'advisory'",
            pid,
        ):
            time.sleep(0.02)
        other.rollback()
    assert mover.ended_by is None
    assert arrived(place) == len(place.expected["migration_ledger"])


def test_a_session_that_is_killed_loses_the_batch_in_hand_and_nothing_else(place: Place) -> None:
    with held_up(place, place.keys[70]) as (mover, _, pid):
        fetch(place.dsn, "SELECT pg_terminate_backend(%s)", pid)
    assert isinstance(mover.ended_by, psycopg.OperationalError)
    [(done,)] = fetch(place.dsn, "SELECT sum(rows_done)::int FROM atlas.backfill_cursors")
    assert 0 < done < len(place.expected["migration_ledger"])
    assert fetch(place.dsn, "SELECT count(*)::int FROM atlas.migration_ledger") == [(done,)]
    move(place)
    assert arrived(place) == len(place.expected["migration_ledger"])


def test_after_a_deadlock_the_batch_is_taken_again(place: Place) -> None:
    fetch(place.dsn, "ALTER DATABASE {} SET deadlock_timeout = '2s'".format(place.dsn.rpartition("/")[2]))
    with held_up(place, place.keys[70]) as (mover, other, _):
        other.execute("SET LOCAL deadlock_timeout = '60s'")
        other.execute("LOCK TABLE atlas.originals IN SHARE MODE")
    assert mover.ended_by is None
    while fetch(place.dsn, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [
        (0,)
    ]:
        time.sleep(0.05)
    assert arrived(place) == len(place.expected["migration_ledger"])


def test_legacy_tables_are_locked_against_nobody_and_locks_on_their_rows_are_not_waited_for(
    place: Place,
) -> None:
    with psycopg.connect(place.dsn, options="-c search_path=public") as application:
        application.execute(f"SELECT FROM {STEPS} WHERE id = %s FOR UPDATE".encode(), [place.keys[0]])
        application.execute(f"UPDATE {STEPS} SET error = %s WHERE id = %s".encode(), [TOKEN, place.keys[71]])
        with held_up(place, place.keys[70]) as (mover, other, _):
            assert fetch(place.dsn, LEGACY_LOCKS) == [("AccessShareLock",)]
            other.rollback()
        assert mover.ended_by is None
        application.rollback()
    assert arrived(place) == len(place.expected["migration_ledger"])


def test_what_comes_goes_or_changes_between_look_and_statement(place: Place, worker: Worker) -> None:
    way = way_to(worker, STEPS)
    gone, added, rewritten = (f"{place.keys[70][:-1]}{digit}" for digit in "0f7")
    copied = (
        "SELECT (jsonb_populate_record(s, jsonb_build_object('id', %s::text))).* FROM {0} AS s WHERE id = %s"
    )
    for key in (gone, rewritten):
        fetch(place.dsn, f"INSERT INTO {STEPS} " + copied.format(STEPS), key, place.keys[70])
    stretch = whole(worker, way)
    fetch(place.dsn, f"DELETE FROM {STEPS} WHERE id = %s", gone)
    fetch(place.dsn, f"INSERT INTO {STEPS} " + copied.format(STEPS), added, place.keys[70])
    fetch(place.dsn, f"UPDATE {STEPS} SET status = status WHERE id = %s", rewritten)
    with taken_back(worker):
        moved, by_hand = take_stretch(worker, way, stretch)
        assert (sorted(moved.rest), by_hand) == (sorted([added, rewritten]), 2)
        found = steps_of(written(worker))
    assert found == steps_of(of_python(worker))
    fetch(place.dsn, f"DELETE FROM {STEPS} WHERE id = ANY(%s)", [added, rewritten])


@contextmanager
def documents(place: Place, values: Mapping[int, str]) -> Iterator[list[str]]:
    """Steps by number with these SQL expressions as their input; as before afterwards."""
    keys = [place.keys[number] for number in values]
    before = fetch(place.dsn, f"SELECT id, input_data::text FROM {STEPS} WHERE id = ANY(%s)", keys)
    for number, value in values.items():
        fetch(place.dsn, f"UPDATE {STEPS} SET input_data = {value} WHERE id = '{place.keys[number]}'")
    try:
        yield keys
    finally:
        for key, document in before:
            fetch(place.dsn, f"UPDATE {STEPS} SET input_data = %s WHERE id = %s", document, key)


def test_documents_that_are_valid_and_absurd_go_through_python_alone(place: Place, worker: Worker) -> None:
    way = way_to(worker, STEPS)
    absurd = {
        10: "(repeat('[', 200) || repeat(']', 200))::jsonb",
        11: "(repeat('{\"a\":', 200) || '1' || repeat('}', 200))::jsonb",
        40: "jsonb_build_object('x', repeat('y', 10000000))",
        41: "(SELECT jsonb_agg(md5(n::text)) FROM generate_series(1, 5000) AS n)",
        90: "jsonb_build_object('n', ('1' || repeat('0', 300))::numeric, 't', repeat('y', 5000))",
    }
    with documents(place, absurd) as keys, taken_back(worker):
        moved, by_hand = take_stretch(worker, way, whole(worker, way))
        assert (sorted(moved.rest), by_hand) == (sorted(keys), len(keys))
        found = steps_of(written(worker))
        assert found == steps_of(of_python(worker))


def packed_texts(numbers: range, size: int) -> dict[int, str]:
    """Little on disk, much as text."""
    return dict.fromkeys(numbers, f"jsonb_build_object('x', repeat('y', {size}))")


def test_where_there_is_no_room_to_sort_many_rows_fewer_are_looked_at(place: Place, worker: Worker) -> None:
    way = way_to(worker, STEPS)
    worker.reader.execute("SET temp_file_limit = '64kB'")
    with documents(place, packed_texts(range(0, 16, 2), 900_000)), taken_back(worker):
        counts: list[int] = []
        for stretch in batches(lambda after: read_stretch(worker, way, after, None, MANY, MUCH)):
            moved, by_hand = take_stretch(worker, way, stretch)
            assert (moved.written, by_hand) == (stretch.count, 0)
            counts.append(stretch.count)
        assert (sum(counts), len(counts) > 1, max(counts) > 1) == (len(place.keys), True, True)
        worker.reader.execute("RESET temp_file_limit")
        found = steps_of(written(worker))
        assert found == steps_of(of_python(worker))


def most_held(work: Callable[[], None]) -> int:
    """Bytes of memory that this process held at most while it worked, beyond those of before."""
    status, marks = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not marks.exists():
        pytest.skip("only Linux tells how much memory a process held at most since a moment")

    def told(name: str) -> int:
        line = next(line for line in status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024

    marks.write_text("5")
    before = told("VmRSS")
    work()
    return told("VmHWM") - before


def test_memory_holds_one_large_row_of_many(place: Place, worker: Worker) -> None:
    """Ten rows of five megabytes: all of them would take fifty, and several times that as they are translated."""
    way, size = way_to(worker, STEPS), 5_000_000

    def move_all() -> None:
        for stretch in batches(lambda after: read_stretch(worker, way, after, None, MANY, 16 << 20)):
            take_stretch(worker, way, stretch)

    with taken_back(worker):
        move_all()
    with documents(place, packed_texts(range(0, 2, 2), size)), taken_back(worker):
        of_one = most_held(move_all)
    with documents(place, packed_texts(range(0, 20, 2), size)), taken_back(worker):
        of_ten = most_held(move_all)
    assert of_ten < of_one + 4 * size


@contextmanager
def small_disk(server: EmbeddedServer, folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes that the server may use."""
    disk = folder / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk to fill")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk to fill")
    try:
        space = disk / "space"
        space.mkdir()
        assert server.user.uid is not None
        assert server.user.gid is not None
        os.chown(space, server.user.uid, server.user.gid)
        yield space
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_ends_the_run_and_with_room_again_it_goes_on(
    place: Place, pg_server: EmbeddedServer, open_folder: Path
) -> None:
    with small_disk(pg_server, open_folder) as space:
        filler = space.parent / "filler"
        fetch(place.dsn, f"CREATE TABLESPACE small LOCATION '{space}'")
        fetch(place.dsn, "ALTER TABLE atlas.originals SET TABLESPACE small")
        free = shutil.disk_usage(space).free
        filler.write_bytes(b"x" * (free - 40_000))
        try:
            with pytest.raises(psycopg.errors.DiskFull):
                move(place)
            done = fetch(place.dsn, "SELECT sum(rows_done)::int FROM atlas.backfill_cursors")
            assert done == fetch(place.dsn, "SELECT count(*)::int FROM atlas.migration_ledger")
            filler.unlink()
            move(place)
            assert arrived(place) == len(place.expected["migration_ledger"])
        finally:
            filler.unlink(missing_ok=True)
            fetch(place.dsn, "ALTER TABLE atlas.originals SET TABLESPACE pg_default")
            fetch(place.dsn, "DROP TABLESPACE small")


def test_what_a_run_costs_the_server_is_told_by_table(place: Place, worker: Worker) -> None:
    move(place)
    assert arrived(place) > 0
    deadline = time.monotonic() + 30
    while True:
        told = one(worker.writer, dict, sql("migration/movement/written_so_far")) or {}
        if told["dead_rows"].get(EXECUTIONS, 0) >= len(place.expected[EXECUTIONS]):
            break
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    parts = fetch(place.dsn, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    assert parts
    assert not {name for (name,) in parts} & set(told["dead_rows"])
    assert told["wal"] > 0
