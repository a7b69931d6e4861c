"""The workers of the local stack: how many there are, what they are given, what is said where there are none."""

import socket
import sys
from pathlib import Path
from threading import Event

from atlas_workflows.db.ports import port_is_free
from atlas_workflows.supervision.mail_sink import mail_url
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import Program
from atlas_workflows.supervision.watch import Watch
from atlas_workflows.supervision.worker_programs import (
    NO_DATABASE,
    api_program,
    metrics_ports,
    missing_for_workers,
    worker_programs,
    workers_off,
)

DSN = "postgresql://u:secret@127.0.0.1:1/crm"


def test_no_worker_runs_without_a_database_or_by_setting() -> None:
    assert workers_off(0, DSN) == "off (ATLAS_WORKERS is 0)"
    assert "ATLAS_CRM_DSN" in (workers_off(1, None) or "")
    assert workers_off(1, DSN) is None


def test_each_worker_has_a_port_of_its_own_and_keeps_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = metrics_ports(3, {"metrics-1": taken, "metrics-2": taken})
    assert len(set(ports)) == 3
    assert taken not in ports
    assert all(port_is_free(port) for port in ports)
    assert metrics_ports(3, {f"metrics-{place}": port for place, port in enumerate(ports, 1)}) == ports


def test_what_a_worker_is_given(tmp_path: Path) -> None:
    inherited = {
        "AIRFLOW__CORE__FERNET_KEY": "k",
        "PATH": "/bin",
        "ATLAS_SMTP_URL": "smtp://mail",
        "PYTHONPATH": "/x",
    }
    one, two = worker_programs(StackPaths(tmp_path, tmp_path), DSN, (9001, 9002), inherited)
    assert (one.name, two.name) == ("worker-1", "worker-2")
    assert one.argv[1:] == ("worker",)
    assert "secret" not in " ".join(one.argv) + repr(one)
    assert (two.port, two.env["ATLAS_METRICS_PORT"], two.env["ATLAS_CRM_DSN"]) == (9002, "9002", DSN)
    assert two.env["ATLAS_SMTP_URL"] == "smtp://mail"
    assert not {"AIRFLOW__CORE__FERNET_KEY", "PYTHONPATH"} & set(two.env)


def test_what_the_api_is_given(tmp_path: Path) -> None:
    api = api_program(
        StackPaths(tmp_path, tmp_path), DSN, 9003, {"PATH": "/bin", "AIRFLOW__CORE__FERNET_KEY": "k"}
    )
    assert api.argv[1:] == ("serve", "--wait", "--port", "9003", "--host", "127.0.0.1")
    assert (api.name, api.port, api.env["ATLAS_CRM_DSN"]) == ("api", 9003, DSN)
    assert "secret" not in " ".join(api.argv) + repr(api)
    assert "AIRFLOW__CORE__FERNET_KEY" not in api.env
    assert api.at_port is not None
    assert api.at_port(9004).argv[4] == "9004"


def test_a_worker_whose_port_was_taken_while_it_waited_gets_another(tmp_path: Path) -> None:
    def at(port: int) -> Program:
        argv = (sys.executable, "-c", "import time; time.sleep(60)")
        return Program("worker-1", argv, {}, tmp_path / "worker-1.log", port, at_port=at)

    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        watch = Watch((at(taken),))
        assert watch.tick()
        (state,), (item,) = watch.states(), watch.watched
        watch.stop(grace=0.5)
    assert (state.problem, state.restarts) == (None, 0)
    assert state.pid is not None
    assert item.program.port not in (taken, None)


def test_the_workers_of_a_sample_write_to_nobody(tmp_path: Path) -> None:
    inherited = {"ATLAS_SMTP_URL": "smtp://the-real-one"}
    (one,) = worker_programs(StackPaths(tmp_path, tmp_path), DSN, (9001,), inherited, smtp_url=mail_url(2500))
    assert one.env["ATLAS_SMTP_URL"] == "smtp://127.0.0.1:2500"


def test_a_database_that_does_not_answer_is_waited_for() -> None:
    assert missing_for_workers(DSN) == NO_DATABASE
    assert missing_for_workers("no address") == NO_DATABASE


def test_what_waits_is_asked_again_and_again_and_does_not_crash(tmp_path: Path) -> None:
    answers = iter(["the moon", "the moon", "the sun", None])
    now = [0.0]
    program = Program(
        "w", ("sleep", "60"), {"PATH": "/usr/bin:/bin"}, tmp_path / "w.log", waits_for=lambda: next(answers)
    )
    watch = Watch((program,), clock=lambda: now[0], patience=10.0)
    seen = []
    for _ in range(4):
        changed = watch.tick()
        seen.append((changed, watch.states()[0].problem, watch.states()[0].restarts))
        now[0] = watch.watched[0].start_due
    assert seen == [(True, "the moon", 0), (False, "the moon", 0), (True, "the sun", 0), (True, None, 0)]
    watch.stop(grace=1.0)


def test_a_database_that_keeps_silent_holds_nobody_up(tmp_path: Path) -> None:
    """The loop goes on while a worker is asked for; it is started when the answer comes, and a fault is an answer."""
    answers, asked = Event(), []

    def ask() -> str | None:
        asked.append(1)
        answers.wait(30)
        if len(asked) == 1:
            raise RuntimeError
        return None

    now = [0.0]
    program = Program("w", ("sleep", "60"), {"PATH": "/usr/bin:/bin"}, tmp_path / "w.log", waits_for=ask)
    watch = Watch((program,), clock=lambda: now[0], patience=0.0)
    assert not any(watch.tick() for _ in range(100))
    assert asked == [1]
    answers.set()
    watch.patience = 10.0
    assert watch.tick()
    assert watch.states()[0].problem == "cannot be looked after: RuntimeError"
    now[0] = watch.watched[0].start_due
    assert watch.tick()
    assert watch.states()[0].pid is not None
    watch.stop(grace=1.0)
