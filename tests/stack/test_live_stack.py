"""The stack as a whole: started again, broken, found again, stopped without a trace."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from atlas_workflows.cli.demo import leave_as_found, runs_already
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.processes import members
from atlas_workflows.supervision.stack import stack_state, stop_stack
from live_stack import CRM, LiveStack

pytestmark = [pytest.mark.timeout(600)]


def _eventually(condition: Callable[[], bool], seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.3)
    return False


def _pids(stack: LiveStack) -> dict[str, int | None]:
    return {process.name: process.pid for process in stack.state.processes}


def test_four_airflow_processes_run_and_are_well(live_stack: LiveStack) -> None:
    assert list(_pids(live_stack)) == [
        "api-server", "scheduler", "dag-processor", "triggerer", "mail", "worker-1",
    ]  # fmt: skip
    assert _eventually(lambda: airflow_health(live_stack.state.url or "").is_good)


def test_starting_a_running_stack_takes_it_over(live_stack: LiveStack) -> None:
    before = _pids(live_stack)
    began = time.monotonic()
    live_stack.start()
    assert time.monotonic() - began < 30  # to start one takes minutes on such a machine
    assert _pids(live_stack) == before


def test_the_demo_leaves_a_running_stack_alone(live_stack: LiveStack) -> None:
    before = _pids(live_stack)
    assert runs_already(live_stack.settings, CRM)
    leave_as_found(live_stack.settings, found=True, console=Console(stderr=True))
    environment = os.environ | {"ATLAS_HOME": str(live_stack.settings.home)}
    refused = subprocess.run(
        [Path(sys.executable).with_name("atlas"), "demo", "--exit"], env=environment, text=True, capture_output=True
    )  # fmt: skip
    assert refused.returncode == 1
    assert "another database" in refused.stderr
    assert _pids(live_stack) == before
    assert _eventually(lambda: airflow_health(live_stack.state.url or "").is_good)


def test_a_crashed_process_is_started_again(live_stack: LiveStack) -> None:
    before = _pids(live_stack)["triggerer"]
    os.kill(before or 0, signal.SIGKILL)
    assert _eventually(lambda: _pids(live_stack)["triggerer"] not in (None, before))
    restarted = next(item for item in live_stack.state.processes if item.name == "triggerer")
    assert restarted.restarts >= 1


def test_a_killed_database_server_comes_back_on_its_port(live_stack: LiveStack) -> None:
    port = live_stack.state.postgres_port
    server = EmbeddedServer(live_stack.paths.postgres)
    os.kill(int((server.data_dir / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert _eventually(lambda: server.running_port() is not None)
    assert (server.running_port(), live_stack.state.postgres_port) == (port, port)
    assert _eventually(lambda: airflow_health(live_stack.state.url or "").is_good)


def test_a_killed_supervisor_leaves_nothing_in_the_way_and_a_taken_port_is_avoided(
    live_stack: LiveStack,
) -> None:
    state = live_stack.state
    old = [(process.pid, process.created) for process in state.processes]
    os.kill(state.supervisor_pid, signal.SIGKILL)
    assert _eventually(lambda: stack_state(live_stack.paths) is None)
    stop_stack(live_stack.settings)
    assert not [pid for pid, created in old if pid and created and members(pid, created)]
    with socket.create_server(("127.0.0.1", state.airflow_port or 0)):
        began = time.monotonic()
        again = live_stack.start()
        seconds = time.monotonic() - began
        assert again.airflow_port != state.airflow_port
    # The bar is 30 s on two idle cores; other tests run beside this one.
    assert seconds < 60
    assert again.postgres_port == state.postgres_port


def test_stopping_leaves_nothing_behind(live_stack: LiveStack) -> None:
    state = live_stack.state
    families = [members(item.pid, item.created) for item in state.processes if item.pid and item.created]
    everyone = [process for family in families for process in family]
    assert len(everyone) > 4
    assert stop_stack(live_stack.settings)
    assert not [item for item in everyone if item.is_running() and item.status() != psutil.STATUS_ZOMBIE]
    for port in (state.airflow_port, state.postgres_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port or 0)) != 0
    assert not live_stack.paths.state.exists()
    assert not stop_stack(live_stack.settings)
