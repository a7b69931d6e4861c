"""Two checkouts side by side: each stack has its own server, ports and processes, and stopping one leaves the other.

The second one is a clone in our own home of mode 0700, with a blank and Unicode in its path.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from closed_clone import CLONE, OURSELVES, ClosedClone, comes_up, make_closed_clone, python_for

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import stack_state
from atlas_workflows.supervision.state import StackState
from live_stack import LiveStack

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture
def clone(open_folder: Path) -> Iterator[ClosedClone]:
    """The second checkout; whatever runs there is stopped in the end."""
    made = make_closed_clone(open_folder / "home", CLONE, OURSELVES, python_for(OURSELVES))
    yield made
    made.atlas("down")
    shutil.rmtree(EmbeddedServer(made.paths.postgres).data_dir, ignore_errors=True)


def state_of(clone: ClosedClone) -> StackState:
    found = stack_state(clone.paths)
    assert found is not None
    return found


def pids(state: StackState) -> set[int]:
    return {process.pid for process in state.processes if process.pid} | {state.supervisor_pid}


def served_directory(paths: StackPaths) -> Path:
    """The data directory of whoever answers at the address of this home."""
    with psycopg.connect(EmbeddedServer(paths.postgres).start().dsn()) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0])


def test_two_stacks_do_not_know_of_each_other(live_stack: LiveStack, clone: ClosedClone) -> None:
    comes_up(clone)
    first, second = live_stack.state, state_of(clone)
    assert len({first.postgres_port, first.airflow_port, second.postgres_port, second.airflow_port}) == 4
    assert not pids(first) & pids(second)
    for paths in (live_stack.paths, clone.paths):
        assert served_directory(paths) == EmbeddedServer(paths.postgres).data_dir
    homes = (live_stack.settings.home, clone.paths.home)
    assert len({(home / "secrets" / "airflow-passwords.json").read_text() for home in homes}) == 2
    assert clone.atlas("up").returncode == 0
    assert state_of(clone).supervisor_pid == second.supervisor_pid

    assert clone.atlas("down").returncode == 0
    assert stack_state(clone.paths) is None
    assert not [pid for pid in pids(second) if psutil.pid_exists(pid)]
    assert pids(live_stack.state) == pids(first)
    assert airflow_health(first.url or "", timeout=60.0).is_good
    # The one that stopped comes back on its own port, though the other is up.
    server = EmbeddedServer(clone.paths.postgres).start(preferred_port=second.postgres_port)
    assert server.port == second.postgres_port
    assert served_directory(live_stack.paths) != server.data_dir
