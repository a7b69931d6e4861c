"""A task of a real DAG run killed with SIGKILL while it moves rows: Airflow's retry ends where an undisturbed run ends."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from atlas_state import atlas_state, differences
from moving_phase import OPTIONS, fetch, moving_phase

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site
from live_stack import LiveStack

PHASE = "migration_p1_database"
STRAIGHT = "crm_straight"
ROWS_BEFORE_THE_KILL = 200
# application_name of the session that writes batches; its client's port tells the process.
WRITER = "SELECT client_port FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'atlas-writer'"

pytestmark = [pytest.mark.timeout(900)]


@pytest.fixture
def straight(live_stack: LiveStack) -> Iterator[str]:
    """The same sample, moved in one go by this process under the stack's key."""
    server = EmbeddedServer(live_stack.paths.postgres).start()
    server.drop_database(STRAIGHT)
    dsn = server.create_database(STRAIGHT)
    create_sample(dsn, make_spec("A", "S", messy=True, seed=1))
    settings = load_settings({"ATLAS_HOME": str(live_stack.settings.home)})
    assert run_phase(moving_phase(), site=Site(dsn, settings), options=OPTIONS).status == "succeeded"
    yield dsn
    server.drop_database(STRAIGHT)


def take_back_what_stands(dsn: str) -> None:
    """A test file before this one may have migrated the stack's CRM."""
    if fetch(dsn, "SELECT to_regclass('atlas.organization_phases') IS NOT NULL") == [(True,)] and fetch(
        dsn, "SELECT FROM atlas.organization_phases WHERE status = 'applied' LIMIT 1"
    ):
        roll_back(phase_named("p1"), Scope(), dsn=dsn, execute=True, actor="test", reason="to move it again")


def rows_done(dsn: str, airflow_began: float) -> int:
    try:
        [(rows,)] = fetch(
            dsn,
            "SELECT coalesce(sum(rows_done), 0) FROM atlas.backfill_cursors AS c "
            "JOIN atlas.phase_runs AS r ON r.id = c.phase_run_id WHERE r.started_at > to_timestamp(%s)",
            airflow_began,
        )
    except psycopg.errors.UndefinedTable:
        return 0
    return int(rows)


def process_of_port(port: int) -> psutil.Process | None:
    """Who holds the client's end of a connection to the server; None where it was closed meanwhile."""
    for connection in psutil.net_connections(kind="tcp"):
        if connection.laddr and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    return None


def kill_the_task(stack: LiveStack, run_id: str, airflow_began: float) -> int:
    """Wait until the task has moved some rows, then kill its process; returns the rows moved by then."""
    dsn, client = stack.crm_dsn(), stack.client()
    asked = time.monotonic()
    while True:
        rows = rows_done(dsn, airflow_began)
        ports = fetch(dsn, WRITER) if rows >= ROWS_BEFORE_THE_KILL else []
        process = process_of_port(ports[0][0]) if ports else None
        if process is not None:
            assert "airflow" in " ".join(process.cmdline()).lower()
            process.send_signal(signal.SIGKILL)
            return rows
        if time.monotonic() - asked > 2:
            state = client.run_state(PHASE, run_id)
            assert state in ("queued", "running"), client.xcom(PHASE, run_id, "close")
            asked = time.monotonic()
        time.sleep(0.02)


def test_a_killed_task_is_taken_up_by_airflows_retry(live_stack: LiveStack, straight: str) -> None:
    dsn, client = live_stack.crm_dsn(), live_stack.client()
    take_back_what_stands(dsn)
    client.wait_for_dag(PHASE)
    client.unpause(PHASE)
    began = time.time()
    run_id = client.trigger(
        PHASE, {"dry_run": False, "batch_rows": 50, "backup": False, "rehearse": False, "throttle": False}
    )
    moved_before = kill_the_task(live_stack, run_id, began)
    assert live_stack.end_of(PHASE, run_id) == "success", client.xcom(PHASE, run_id, "close")

    log_folder = Path(live_stack.paths.logs) / "tasks" / f"dag_id={PHASE}" / f"run_id={run_id}"
    attempts = {file.name for file in (log_folder / "task_id=backfill_ranges").rglob("attempt=*.log")}
    assert attempts == {"attempt=1.log", "attempt=2.log"}
    total = rows_done(dsn, began)
    assert ROWS_BEFORE_THE_KILL <= moved_before < total
    [(legacy_rows,)] = fetch(
        dsn, "SELECT (SELECT count(*) FROM workflows) + (SELECT count(*) FROM workflow_executions)"
    )
    assert total == legacy_rows
    assert differences(atlas_state(straight, times=False), atlas_state(dsn, times=False)) == {}
