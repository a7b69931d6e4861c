"""The old application goes on writing while its data moves: nothing is lost, and no lock keeps it waiting."""

import time
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, migrate

from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.sample.old_app import OldApp as Application
from atlas_workflows.sample.old_app import Written, run_old_app


class OldApp:
    """The stand-in in a thread of its own, busy until left."""

    def __init__(self, dsn: str, rate: float) -> None:
        self.dsn, self.rate, self.stop = dsn, rate, Event()
        self.written: Written | None = None
        self.thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.written = run_old_app(self.dsn, rate=self.rate, seconds=None, seed=7, stop=self.stop)

    def __enter__(self) -> "OldApp":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(60)


def locks_above_reading(dsn: str, stop: Event, seen: list[tuple[str, str, float]]) -> None:
    """Watch which locks our sessions hold on legacy tables, and for how long they are seen in a row."""
    since: dict[tuple[int, str, str], float] = {}
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not stop.is_set():
            rows = connection.execute(
                "SELECT lock.pid, relation.relname, lock.mode FROM pg_locks AS lock"
                " JOIN pg_class AS relation ON relation.oid = lock.relation"
                " JOIN pg_stat_activity AS session ON session.pid = lock.pid"
                " WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind = 'r' AND lock.granted"
                " AND lock.mode <> 'AccessShareLock' AND session.application_name LIKE 'atlas-%'"
            ).fetchall()
            now = time.monotonic()
            held = {(pid, table, mode) for pid, table, mode in rows}
            since = {key: since.get(key, now) for key in held}
            seen.extend((table, mode, now - since[pid, table, mode]) for pid, table, mode in held)
            stop.wait(0.02)


@pytest.mark.parametrize("shape", ["A", "B"])
def test_what_is_written_meanwhile_arrives(pg_server: EmbeddedServer, tmp_path: Path, shape: str) -> None:
    busy = clone_sample(pg_server, shape)
    with OldApp(busy, rate=60) as app:
        time.sleep(0.3)
        migrate(
            busy, tmp_path, options=RunOptions(throttle=False, backup=False, rehearse=False, batch_rows=25)
        )
    assert app.written is not None
    assert len(app.written.saved) + len(app.written.executions) > 20
    assert app.written.failed_deeds == 0
    require_same_as_from_nothing(pg_server, busy, tmp_path)


@pytest.mark.parametrize("shape", ["A", "B"])
def test_much_written_after_a_migration_arrives(
    pg_server: EmbeddedServer, tmp_path: Path, shape: str
) -> None:
    """Enough deeds that workflows of every kind are saved more than once, whatever the machine's speed."""
    busy = clone_sample(pg_server, shape)
    migrate(busy, tmp_path, options=RunOptions(throttle=False, backup=False, rehearse=False))
    app = Application(busy, seed=7)
    for _ in range(1_500):
        app.do_something()
    app.close()
    assert len(app.written.saved) > 150
    require_same_as_from_nothing(pg_server, busy, tmp_path)


def require_same_as_from_nothing(server: EmbeddedServer, busy: str, tmp_path: Path) -> None:
    """Migrate what is left to do; a migration of the legacy tables as they are now, from nothing, gives the same."""
    migrate(busy, tmp_path)
    assert fetch(busy, "SELECT count(*) FROM atlas.captured_changes") == [(0,)]
    fresh = server.create_database(f"t_{uuid4().hex[:12]}", template=busy.rpartition("/")[2])
    fetch(fresh, "DROP SCHEMA atlas CASCADE")
    upgrade(fresh)
    migrate(fresh, tmp_path)
    for dsn in (busy, fresh):
        # The database never has to refuse what the translation wrote.
        assert fetch(dsn, "SELECT * FROM atlas.quarantine WHERE reasons::text LIKE '%LOAD_REFUSED%'") == []
    assert differences(living(fresh), living(busy)) == {}


def living(dsn: str) -> dict[str, list[str]]:
    """The state without what only tells of rows that are gone: a fresh migration never saw those."""
    fetch(
        dsn,
        "DELETE FROM atlas.originals AS o USING atlas.migration_ledger AS l WHERE l.source_deleted_at IS NOT NULL"
        " AND (o.source_table, o.source_id) = (l.source_table, l.source_id);"
        "DELETE FROM atlas.migration_ledger WHERE source_deleted_at IS NOT NULL;"
        "DELETE FROM atlas.quarantine WHERE resolved_at IS NOT NULL",
    )
    state = atlas_state(dsn, times=False)
    return {table: rows for table, rows in state.items() if table not in ("consents", "secrets")}


def test_no_lock_above_access_share_is_held_for_a_second(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    dsn = clone_sample(pg_server, "A")
    stop, seen = Event(), list[tuple[str, str, float]]()
    watcher = Thread(target=locks_above_reading, args=(dsn, stop, seen), daemon=True)
    watcher.start()
    migrate(dsn, tmp_path, options=OPTIONS)
    stop.set()
    watcher.join(10)
    assert [item for item in seen if item[2] > 1.0] == []
    assert all(
        mode == "ShareRowExclusiveLock" for _, mode, _ in seen
    )  # the capture triggers, while being made
