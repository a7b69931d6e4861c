"""The supervisor's loop over small real processes."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from atlas_workflows.db.ports import port_is_free
from atlas_workflows.file_locks import hold_if_free, is_held
from atlas_workflows.supervision.processes import (
    Program,
    created_at,
    end,
    listens,
    members,
    start,
)
from atlas_workflows.supervision.watch import Watch

SLEEPER = "import time; time.sleep(600)"
# A child in a process group of its own that ignores SIGTERM, as a stuck worker would.
WITH_STUBBORN_CHILD = """
import os, signal, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""
LISTENER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""


def _program(tmp_path: Path, code: str, *arguments: str, port: int | None = None) -> Program:
    return Program(
        "sleeper", (sys.executable, "-c", code, *arguments), dict(os.environ), tmp_path / "log.log", port
    )


def _eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    one = Watch((_program(tmp_path, SLEEPER),))
    yield one
    one.stop(grace=1.0)


def test_a_killed_process_is_started_again(watch: Watch) -> None:
    assert watch.tick()
    first = watch.states()[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert _eventually(watch.tick)
    assert watch.states()[0].problem == "ended with code -9; see log.log"
    assert _eventually(lambda: watch.tick() and watch.states()[0].pid is not None)
    state = watch.states()[0]
    assert state.pid != first
    assert state.restarts == 1
    assert psutil.pid_exists(state.pid or 0)


def test_a_program_that_always_fails_is_retried_ever_more_slowly(tmp_path: Path) -> None:
    now = [0.0]
    watch = Watch((_program(tmp_path, "raise SystemExit(3)"),), clock=lambda: now[0])
    due = []
    for _ in range(3):
        watch.tick()
        assert _eventually(watch.tick)
        due.append(watch.watched[0].start_due - now[0])
        now[0] = watch.watched[0].start_due
    assert due == [0.5, 1.0, 2.0]
    assert "code 3" in (watch.states()[0].problem or "")


def test_stop_takes_stubborn_children_along(tmp_path: Path) -> None:
    watch = Watch((_program(tmp_path, WITH_STUBBORN_CHILD),))
    watch.tick()
    item = watch.watched[0]
    assert item.process is not None
    leader, created = item.process.pid, item.created
    assert _eventually(lambda: len(members(leader, created)) == 2)
    family = members(leader, created)
    watch.stop(grace=0.5)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def test_a_taken_port_is_left_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        watch = Watch((_program(tmp_path, LISTENER, str(port), port=port),))
        assert watch.tick()
        assert watch.states()[0].pid is None
        assert watch.states()[0].problem == f"port {port} is taken by another program"


def test_a_reused_pid_is_not_ours(tmp_path: Path) -> None:
    process = start(_program(tmp_path, SLEEPER))
    try:
        began = created_at(process.pid)
        assert began is not None
        assert [item.pid for item in members(process.pid, began)] == [process.pid]
        assert members(process.pid, began - 60) == []
        end(process.pid, began - 60, grace=0.1)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_it_is_known_who_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        foreign = other.getsockname()[1]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            own = probe.getsockname()[1]
        process = start(_program(tmp_path, LISTENER, str(own)))
        began = created_at(process.pid) or 0.0
        try:
            assert _eventually(lambda: listens(own, process.pid, began))
            assert not listens(foreign, process.pid, began)
            assert not port_is_free(foreign)
        finally:
            end(process.pid, began, grace=1.0)
            process.wait()


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_held(file)
    assert not file.exists(), "asking makes nothing"
    for path in (file, tmp_path):
        with hold_if_free(path) as free:
            assert free
            assert is_held(path)
            with hold_if_free(path) as second:
                assert not second
        assert not is_held(path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert is_held(tmp_path / "loop"), "what may not be opened counts as held"
