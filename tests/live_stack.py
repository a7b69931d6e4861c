"""A real stack for tests: embedded PostgreSQL, the four Airflow processes and a messy sample CRM, once per run.

The files that use it run on one worker, one after another (tests/order.py), and it stops behind the last of them: idle
Airflow processes take a good part of a core. The tests of a file may build on each other; files may not, as they also run
by themselves. So every file finds the stack up, whatever the one before did to it.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from atlas_workflows.cli.stack_view import logins
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.airflow_programs import METADATA_DATABASE
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import stack_state, start_stack, stop_stack
from atlas_workflows.supervision.state import StackState
from roomy_memory import roomy_memory

CRM = "embedded:crm"
RUN_SECONDS = 280
STATE = "SELECT state FROM dag_run WHERE dag_id = %s AND run_id = %s"
TESTS = Path(__file__).parent
# In this order; the last one stops the stack itself.
LIVE_FILES = (
    "migration/test_killed_task.py",
    "orchestration/test_live_phase.py",
    "browser/test_migration_in_browser.py",
    "stack/test_two_checkouts.py",
    "stack/test_live_stack.py",
)


@dataclass(frozen=True, slots=True)
class LiveStack:
    """The stack under test; `start` also brings it up again after a test has broken it."""

    settings: Settings

    @property
    def paths(self) -> StackPaths:
        return StackPaths.of(self.settings)

    @property
    def state(self) -> StackState:
        found = stack_state(self.paths)
        assert found is not None, "the stack is not running"
        return found

    def start(self) -> StackState:
        return start_stack(self.settings, CRM, lambda _text: None)

    def client(self, user: str = "admin") -> AirflowClient:
        return AirflowClient(self.state.url or "", user, logins(self.settings)[user])

    def crm_dsn(self) -> str:
        return EmbeddedServer(self.paths.postgres).start().dsn("crm")

    def run(self, dag_id: str, conf: dict[str, Any]) -> tuple[str, str]:
        """Trigger a DAG run and wait for its end; returns its id and state."""
        client = self.client()
        client.wait_for_dag(dag_id)
        client.unpause(dag_id)
        run_id = client.trigger(dag_id, conf)
        return run_id, self.end_of(dag_id, run_id)

    def end_of(self, dag_id: str, run_id: str, *, seconds: float = RUN_SECONDS) -> str:
        """Wait for the end of a DAG run; returns its state as the API gives it.

        Whether it is over, Airflow's database is asked: an answer of the API server costs 50 ms of a processor, and many are needed.
        """
        deadline = time.monotonic() + seconds
        server = EmbeddedServer(self.paths.postgres).start()
        with psycopg.connect(server.dsn(METADATA_DATABASE), autocommit=True) as connection:
            while scalar(connection, STATE, [dag_id, run_id]) not in FINAL_STATES:
                assert time.monotonic() < deadline, self.client().tasks(dag_id, run_id)
                time.sleep(0.5)
        return self.client().run_state(dag_id, run_id)


STACK = pytest.StashKey[LiveStack]()


def is_live(file: Path) -> bool:
    """Whether the tests of a file use the stack."""
    return file.is_relative_to(TESTS) and file.relative_to(TESTS).as_posix() in LIVE_FILES


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Behind the last of its files the stack stops, not at the session's end."""
    stack = item.config.stash.get(STACK, None)
    if stack and nextitem is not None and is_live(item.path) and not is_live(nextitem.path):
        stop_stack(stack.settings)


@pytest.fixture(scope="session")
def stack_with_crm(pytestconfig: pytest.Config) -> Iterator[LiveStack]:
    """The stack with a messy sample of shape A in database `crm`; a file before may have stopped it."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-live-", dir=roomy_memory()))
    folder.chmod(0o755)
    stack = LiveStack(Settings(root=ROOT, home=folder, crm_dsn=None, pg_bin=None, secret_keys=()))
    pytestconfig.stash[STACK] = stack
    try:
        stack.start()
        server = EmbeddedServer(stack.paths.postgres).start()
        _forgo_durability(server)
        create_sample(server.create_database("crm"), make_spec("A", "S", messy=True, seed=1))
        yield stack
    finally:
        stop_stack(stack.settings)
        shutil.rmtree(folder, ignore_errors=True)


def _forgo_durability(server: EmbeddedServer) -> None:
    """A killed server loses nothing by this, only a machine that loses power does; Airflow commits all the time."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def live_stack(request: pytest.FixtureRequest, stack_with_crm: LiveStack) -> LiveStack:
    """The stack, ready: running on, or brought up again where the file before stopped it."""
    assert is_live(request.path), f"{request.path} uses the stack: name it in LIVE_FILES"
    stack_with_crm.start()
    return stack_with_crm
