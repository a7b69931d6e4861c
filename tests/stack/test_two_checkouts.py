"""Two checkouts side by side: each stack has its own server, ports and processes, and stopping one leaves the other."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import stack_state, start_stack, stop_stack
from atlas_workflows.supervision.state import StackState
from live_stack import LiveStack

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture
def neighbour() -> Iterator[Settings]:
    """Another home, as a second checkout has it; whatever runs there is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-neighbour-"))
    folder.chmod(0o755)
    settings = Settings(root=ROOT, home=folder, crm_dsn=None, pg_bin=None, secret_keys=())
    yield settings
    stop_stack(settings)
    shutil.rmtree(folder, ignore_errors=True)


def up(settings: Settings) -> StackState:
    return start_stack(settings, "embedded:postgres", lambda _text: None)


def pids(state: StackState) -> set[int]:
    return {process.pid for process in state.processes if process.pid} | {state.supervisor_pid}


def served_directory(settings: Settings) -> Path:
    """The data directory of whoever answers at the address of this home."""
    with psycopg.connect(EmbeddedServer(StackPaths.of(settings).postgres).start().dsn()) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0])


def test_two_stacks_do_not_know_of_each_other(live_stack: LiveStack, neighbour: Settings) -> None:
    first, second = live_stack.state, up(neighbour)
    assert len({first.postgres_port, first.airflow_port, second.postgres_port, second.airflow_port}) == 4
    assert not pids(first) & pids(second)
    for settings in (live_stack.settings, neighbour):
        assert served_directory(settings) == EmbeddedServer(StackPaths.of(settings).postgres).data_dir
    homes = (live_stack.settings.home, neighbour.home)
    assert len({(home / "secrets" / "airflow-passwords.json").read_text() for home in homes}) == 2
    assert up(neighbour).supervisor_pid == second.supervisor_pid

    assert stop_stack(neighbour)
    assert stack_state(StackPaths.of(neighbour)) is None
    assert not [pid for pid in pids(second) if psutil.pid_exists(pid)]
    assert pids(live_stack.state) == pids(first)
    assert airflow_health(first.url or "", timeout=60.0).is_good
    assert not stop_stack(neighbour)
    # The one that stopped comes back on its own port, though the other is up.
    server = EmbeddedServer(StackPaths.of(neighbour).postgres).start(preferred_port=second.postgres_port)
    assert server.port == second.postgres_port
    assert served_directory(live_stack.settings) != server.data_dir
