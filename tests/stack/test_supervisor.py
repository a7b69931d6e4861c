"""The supervisor as a process, on a real PostgreSQL: up, kept up, and down again; what stops it is left to be read.

In Airflow's place stands a program that answers at once (stand_in_airflow.py); the real one is in test_live_stack.py.
"""

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.request import urlopen

import psutil
import psycopg
import pytest

sys.path.append(str(Path(__file__).parents[1] / "worker"))  # the small workflows of the worker's tests
from workflows import line, setting
from world import publish, wish

from atlas_workflows.db.ports import port_is_free
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.file_locks import hold
from atlas_workflows.settings import ROOT
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.supervision.mail_sink import Mail, read_mail
from atlas_workflows.supervision.worker_programs import NO_DATABASE, NO_SCHEMA

PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
HEALTHY = json.dumps({part: {"status": "healthy"} for part in PARTS})
FOUR = ["api-server", "scheduler", "dag-processor", "triggerer"]


@dataclass(frozen=True, slots=True)
class Home:
    """A stack's home, and an environment beside it in which `airflow` is the stand-in."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def bin(self) -> Path:
        return self.folder / "venv" / "bin"

    @property
    def crm(self) -> EmbeddedServer:
        """The stack's own server, for what a test does to the CRM in it."""
        return EmbeddedServer(self.home / "postgres" / "data").start()

    def atlas(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "python", "-c", "from atlas_workflows.cli.app import main; main()", *words],
            env=self.env, text=True, capture_output=True, timeout=120,
        )  # fmt: skip

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_")}
        return kept | {"ATLAS_HOME": str(self.home), "ATLAS_ROOT": str(ROOT), "COLUMNS": "300"}

    def state(self) -> dict[str, object]:
        try:
            document: dict[str, object] = json.loads((self.home / "run" / "state.json").read_text())
        except FileNotFoundError:
            return {}
        return document

    def started(self) -> list[list[str]]:
        file = self.bin / "started"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @contextmanager
    def supervisor(self) -> Iterator[subprocess.Popen[bytes]]:
        """Started as `atlas up` starts it; stopped at the end, and what it left behind swept."""
        (self.home / "run").mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [self.bin / "python", "-m", "atlas_workflows.supervision.daemon"],
            env=self.env, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def wait_for(
        self, condition: Callable[[dict[str, object]], object], seconds: float = 90
    ) -> dict[str, object]:
        deadline = time.monotonic() + seconds
        while not condition(state := self.state()):
            assert time.monotonic() < deadline, state
            time.sleep(0.1)
        return state

    def ready(self) -> dict[str, object]:
        return self.wait_for(lambda state: state.get("stage") == "ready")


@pytest.fixture
def home(open_folder: Path) -> Iterator[Home]:
    """With an environment that is ours but for `airflow`."""
    made = Home(open_folder)
    made.bin.mkdir(parents=True)
    site = (
        made.folder / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    )
    site.mkdir(parents=True)
    ours = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    (site / "ours.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n")
    base = (Path(sys.prefix) / "bin" / "python").resolve()
    (made.folder / "venv" / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    (made.bin / "python").symlink_to(base)
    (made.bin / "airflow").write_text(
        f"#!{made.bin}/python -S\n" + Path(__file__).with_name("stand_in_airflow.py").read_text()
    )
    (made.bin / "airflow").chmod(0o755)
    (made.bin / "atlas").write_text(
        f"#!{made.bin}/python\nfrom atlas_workflows.cli.app import main\nmain()\n"
    )
    (made.bin / "atlas").chmod(0o755)
    (made.bin / "health").write_text(HEALTHY)
    (made.bin / "broken").write_text("")
    made.home.mkdir()
    yield made
    made.atlas("down")


def note_crm(home: Home, address: str) -> None:
    (home.home / "secrets").mkdir(exist_ok=True)
    (home.home / "secrets" / "crm.dsn").write_text(address)


def pids(state: dict[str, object]) -> dict[str, int]:
    return {item["name"]: item["pid"] for item in state["processes"]}  # type: ignore[attr-defined]


def test_it_comes_up_keeps_up_and_goes_down_without_a_trace(home: Home) -> None:
    note_crm(home, "embedded:crm")
    (home.bin / "health").write_text(json.dumps({"metadatabase": {"status": "healthy"}}))
    with home.supervisor() as process:
        # It waits for the API server first, which may be so quickly there that nobody sees it.
        waiting = home.wait_for(lambda state: "scheduler" in str(state.get("doing", "")))
        assert waiting["doing"] == "waiting for Airflow's scheduler, triggerer, dag processor"
        assert waiting["stage"] == "starting"
        (home.bin / "health").write_text(HEALTHY)
        state = home.ready()
        assert (state["supervisor_pid"], list(pids(state))) == (
            process.pid,
            [*FOUR, "mail", "api", "worker-1"],
        )
        # The address of the CRM goes to Airflow whole, and into the file for others without its password.
        given = json.loads(home.started()[-1][2])
        assert (given["schema"], given["port"]) == ("crm", state["postgres_port"])
        assert str(state["crm"]).endswith("/crm")
        assert given["password"] not in json.dumps(state)
        assert home.started()[0][0] == "db migrate"
        assert send_one(home, state).subject == "Welcome to Łódź"

        # Whatever ends is started again, the database server on its old port.
        os.kill(pids(state)["triggerer"], signal.SIGKILL)
        again = home.wait_for(lambda now: pids(now)["triggerer"] not in (None, pids(state)["triggerer"]))
        assert pids(again)["scheduler"] == pids(state)["scheduler"]
        family = [psutil.Process(pid) for name, pid in pids(again).items() if name in FOUR]

        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not [
        member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    ]
    assert not (home.home / "run" / "state.json").exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(str(state["postgres_port"])))) != 0
    remembered = json.loads((home.home / "run" / "ports.json").read_text())
    metrics = state["metrics_ports"][0]  # type: ignore[index]
    assert remembered == {
        "postgres": state["postgres_port"], "airflow": state["airflow_port"], "mail": state["mail_port"],
        "api": state["api_port"], "metrics-1": metrics,
    }  # fmt: skip


def send_one(home: Home, state: dict[str, object]) -> Mail:
    """Into the mail sink that belongs to a sample; returns what it keeps."""
    message, port = EmailMessage(), int(str(state["mail_port"]))
    message["To"], message["Subject"] = "zoe@example.com", "Welcome to Łódź"
    deadline = time.monotonic() + 60
    while port_is_free(port):
        assert time.monotonic() < deadline, "the sink does not listen"
        time.sleep(0.1)
    with smtplib.SMTP("127.0.0.1", port) as session:
        session.send_message(message, "gym@example.com", ["zoe@example.com"])
    (mail,) = read_mail(home.home / "mail")
    return mail


def worker(state: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = next(p for p in state["processes"] if p["name"] == "worker-1")  # type: ignore[attr-defined]
    return found


def test_a_worker_waits_for_its_database_works_is_started_again_and_drained(home: Home) -> None:
    note_crm(home, "embedded:crm")
    with home.supervisor() as process:
        state = home.ready()
        assert (worker(state)["pid"], worker(state)["problem"]) == (None, NO_DATABASE)
        shown = home.atlas("status")
        assert shown.returncode == 1
        assert "not ready: the CRM: No connection to " in shown.stdout
        assert 'database "crm" does not exist' in shown.stdout
        dsn = home.crm.create_database("crm")
        home.wait_for(lambda now: worker(now)["problem"] == NO_SCHEMA)
        assert worker(home.state())["restarts"] == 0, "to wait is not to crash"
        upgrade(dsn)
        running = home.wait_for(lambda now: worker(now)["pid"])
        with psycopg.connect(dsn, autocommit=True) as connection:
            workflow = publish(connection, line("w", setting("a")))
            PostgresIntake(connection).start([wish(workflow)])
            while connection.execute("SELECT count(*) FROM atlas.workflow_execution_queue").fetchone() != (
                0,
            ):
                time.sleep(0.1)
        port = running["metrics_ports"][0]  # type: ignore[index]
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b'atlas_executions_ended_total{outcome="completed"} 1.0' in answer.read()
        with urlopen(f"{running['api_url']}/health") as answer:
            assert json.load(answer)["status"] == "ok"
        shown = home.atlas("status")
        assert shown.returncode == 0, shown.stdout
        assert f"Workers 1, http://127.0.0.1:{port}/metrics" in shown.stdout
        assert re.search(rf"^postgresql +{postmaster(home)} +[0-9:]{{8}} +0 *$", shown.stdout, re.MULTILINE)
        # As it is printed, for every client of PostgreSQL.
        (address,) = re.findall(r"^Connect (\S+)$", shown.stdout, re.MULTILINE)
        with psycopg.connect(address) as connection:
            assert connection.info.dbname == "crm"
        assert {stat.S_IMODE(log.stat().st_mode) for log in (home.home / "logs").glob("*.log")} == {0o640}
        os.kill(int(str(worker(running)["pid"])), signal.SIGKILL)
        again = home.wait_for(lambda now: worker(now)["pid"] not in (None, worker(running)["pid"]))
        assert worker(again)["restarts"] == 1
        time.sleep(0.1)
        home.wait_for(lambda now: said(home).count('"worker starts"') == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert said(home).count('"worker ends"') == 1, (
        "the killed one did not come to it, the other one was drained"
    )
    assert "postgresql://" not in said(home)


def said(home: Home) -> str:
    return (home.home / "logs" / "worker-1.log").read_text()


def test_a_database_server_that_has_to_move_takes_airflow_along(home: Home) -> None:
    with home.supervisor():
        state = home.ready()
        server = psutil.Process(int(postmaster(home)))
        server.kill()
        old = state["postgres_port"]
        with taken_as_soon_as_free(int(str(old))):
            # Not "ready" in between: whoever waits for Airflow would find nobody at home.
            moving = home.wait_for(lambda now: now.get("postgres_port") != old)
            assert moving["stage"] == "starting"
            moved = home.ready()
        assert not set(pids(moved).values()) & set(pids(state).values())
        addresses = [address for command, address, _ in home.started() if command in FOUR]
        assert addresses == [
            f"127.0.0.1:{port}/airflow" for port in (old, moved["postgres_port"]) for _ in FOUR
        ]


def postmaster(home: Home) -> str:
    data = EmbeddedServer(home.home / "postgres" / "data").data_dir
    return (data / "postmaster.pid").read_text().split()[0]


@contextmanager
def taken_as_soon_as_free(port: int) -> Iterator[None]:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_server(("127.0.0.1", port)):
                yield
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.002)


def test_what_airflow_cannot_prepare_is_told_by_up_and_leaves_nothing_running(home: Home) -> None:
    (home.bin / "broken").write_text("db migrate")
    up = home.atlas("up")
    assert up.returncode == 1
    assert "Airflow's own database could not be prepared." in up.stderr
    assert str(home.home / "logs" / "migrate.log") in up.stderr
    assert home.state()["stage"] == "failed"
    assert home.state()["processes"] == []
    assert [line[0] for line in home.started()] == ["db migrate"]
    status = home.atlas("status", "--json")
    assert (status.returncode, json.loads(status.stdout)["stage"]) == (1, "stopped")
    # And the next attempt begins with a clean slate.
    (home.bin / "broken").write_text("")
    assert home.atlas("up").returncode == 0
    status = home.atlas("status")
    assert status.returncode == 0
    # No database is named, so there is nothing for workers to do.
    assert "Workers off (no CRM database is named" in status.stdout
    assert list(pids(home.state())) == FOUR
    assert home.atlas("down").stderr == "The stack is stopped.\n"


def has_given_up_often(state: dict[str, object], name: str) -> bool:
    found = [item for item in state.get("processes", ()) if item["name"] == name]  # type: ignore[attr-defined]
    return any(item["restarts"] >= 4 and item["pid"] is None for item in found)


def test_another_programs_answer_on_the_port_is_not_taken_for_airflows(home: Home) -> None:
    stranger = home.folder / "stranger"
    shutil.copytree(home.bin, stranger, symlinks=True)
    (stranger / "airflow").rename(stranger / "program")
    (home.bin / "broken").write_text("api-server")
    with home.supervisor() as process:
        # In the pause before it is started again, which has grown by then.
        state = home.wait_for(lambda state: has_given_up_often(state, "api-server"))
        port = str(state["airflow_port"])
        environment = {"AIRFLOW__API__PORT": port, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "somewhere else"}
        with subprocess.Popen(
            [home.bin / "python", stranger / "program", "api-server"], env=environment
        ) as other:
            try:
                failed = home.wait_for(lambda state: state["stage"] in ("failed", "ready"))
            finally:
                other.kill()
        assert failed["stage"] == "failed"
        assert f"Another program answers on port {port}" in str(failed["problem"])
        assert process.wait(60) == 0


def test_a_second_one_on_the_same_home_ends_at_once_and_changes_nothing(home: Home) -> None:
    (home.home / "run").mkdir()
    with hold(home.home / "run" / "supervisor.lock"), home.supervisor() as second:
        assert second.wait(60) == 1
    assert home.state() == {}
    assert home.started() == []


def test_a_folder_that_cannot_be_used_is_told_by_up(home: Home) -> None:
    (home.home / "postgres").write_text("a file where a folder should be")
    up = home.atlas("up")
    assert up.returncode == 1
    assert "Check free disk space and rights" in up.stderr
    assert "Traceback" not in up.stderr
    assert home.state()["stage"] == "failed"
