"""Worker processes beside real sinks, and everything that can be done to them; used by the trials of this folder and the soak."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
from aiosmtpd.controller import Controller
from workflows import line, node, setting
from world import ONE, TWO, publish, wish

from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.store.intake import PostgresIntake

HERE = Path(__file__).parent
STOPPED_SECONDS = 4.5  # longer than the lease of worker_process
MAIL_SECONDS = 0.12


class MailSink:
    """Counts what it took, by the key in the Message-ID; takes its time over each."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        await asyncio.sleep(MAIL_SECONDS * random.random() * 2)
        name = message_from_bytes(envelope.content)["Message-ID"].strip("<> \r\n")
        self.taken[name.rpartition("@")[0]] += 1
        return "250 taken"


@contextmanager
def mail_sink() -> Iterator[tuple[MailSink, int]]:
    sink, port = MailSink(), free_port()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    yield sink, port
    server.stop()


@dataclass(slots=True)
class Fleet:
    """Workers on a server of their own, so that the server too can be killed."""

    server: EmbeddedServer
    dsn: str
    environment: dict[str, str]
    log: Path
    size: int = 2
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self.workers = [self._spawn() for _ in range(self.size)]

    def _spawn(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(HERE / "worker_process.py"), self.dsn],
                env=os.environ | self.environment | {"PYTHONPATH": path}, stdout=log, stderr=log,
            )  # fmt: skip

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()

    def kill_a_worker(self) -> None:
        place = random.randrange(self.size)
        self.workers[place].kill()
        self.workers[place].wait()
        self.workers[place] = self._spawn()

    def stop_a_worker_past_its_lease(self) -> None:
        worker = random.choice(self.workers)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        worker.send_signal(signal.SIGCONT)

    def end_sessions(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'atlas-worker%'"
            )

    def kill_the_server(self) -> None:
        port = self.server.port
        self.server.stop(mode="immediate")
        self.server.start(preferred_port=port)
        assert self.server.port == port

    def do(self, name: str) -> None:
        getattr(self, name)()
        self.kills[name] += 1


WAYS = ("kill_a_worker", "kill_a_worker", "end_sessions", "kill_the_server", "stop_a_worker_past_its_lease")


def fill(dsn: str, many: int, web: str) -> None:
    """Executions of two organizations, each with a mail and an HTTP request that may be repeated."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        for organization in (ONE, TWO):
            mail = node("mail", "send_email", subject="Hi {{ contact.name }}", body="x", html=False)
            call = node("call", "http_request", method="PUT", url=web)
            # Fewer at once than there are; more than can be parked, which keep their places.
            at_once = 4 * many // 10 if organization == TWO else None
            flow = line("w", setting("a"), mail, setting("b"), call, setting("c"), concurrency=at_once)
            workflow = publish(connection, flow, organization)
            with connection.transaction():
                wishes = [wish(workflow, f"c{i}", organization=organization) for i in range(many // 2)]
                PostgresIntake(connection).start(wishes)


def counts(dsn: str) -> Counter[str]:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        rows = connection.execute("SELECT status, count(*) FROM atlas.effects GROUP BY status").fetchall()
        live = connection.execute("SELECT count(*) FROM atlas.workflow_execution_queue").fetchall()
    return Counter({**dict(rows), "live": live[0][0]})


def wait_until_settled(dsn: str, seconds: float) -> Counter[str]:
    """Until every live execution waits for an effect of which nobody knows."""
    deadline = time.monotonic() + seconds
    found: Counter[str] = Counter()
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            found = counts(dsn)
            if found["live"] == found["unknown"] and not found["intended"] and not found["dispatching"]:
                return found
        time.sleep(0.3)
    raise AssertionError(f"it does not settle: {dict(found)}")


def assert_exactly_once(dsn: str, many: int, sink: MailSink, called: Counter[str], fleet: Fleet) -> str:
    """Raises AssertionError for what was lost or doubled; otherwise what came of it, counted."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        effects = connection.execute("SELECT effect_key, kind, status FROM atlas.effects").fetchall()
        twice = connection.execute(
            "SELECT step_key, retry_count, count(*) FROM atlas.workflow_execution_steps GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
        ends = dict(
            connection.execute("SELECT status, count(*) FROM atlas.workflow_executions GROUP BY 1").fetchall()
        )
    mails = {key: status for key, kind, status in effects if kind == "send_email"}
    calls = {key: status for key, kind, status in effects if kind == "http_request"}
    taken = {unquote(name): times for name, times in sink.taken.items()}
    parked = {key for key, status in mails.items() if status == "unknown"}
    done = {key for key, status in mails.items() if status == "done"}
    assert twice == []
    assert len(mails) == many, "every execution intended its mail"
    assert [key for key, times in taken.items() if times > 1] == [], "nothing twice"
    assert done | parked == set(mails)
    assert done <= set(taken) <= set(mails), "what is done was delivered"
    assert set(mails) - set(taken) <= parked, "delivered and parked together are what was intended"
    assert len(parked) <= sum(fleet.kills.values()) * 16 * fleet.size
    assert set(calls.values()) <= {"done"}, "nothing is parked where the provider knows repeats"
    assert set(calls) == set(called), "each call reached it, under its own key"
    assert len(calls) == len(done)
    assert ends == {"completed": len(done)} | ({"running": len(parked)} if parked else {})
    there = parked & set(taken)
    return (
        f"{len(mails)} mails intended, {len(taken)} delivered, {len(parked)} parked ({len(there)} of them delivered), "
        f"0 twice; {len(calls)} calls intended and made"
    )
