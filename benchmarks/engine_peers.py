"""The peers: DBOS, procrastinate and pgqueuer do the same five steps beside us, each tuned as its documentation says.

An execution is complete when its five steps are on record, each with input, output and times. procrastinate and pgqueuer
take it as one job that does all five and writes them with one statement, which is the least they can do; DBOS records
each step itself. All have one process, 100 executions in hand at once (DBOS 20, the size of its pool), and the same server.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psutil
import psycopg

from engine_ground import PER_SECOND, Bench, Row, percentiles, verdict

TABLES = """
CREATE TABLE IF NOT EXISTS public.bench_steps (
    execution text, position integer, node text, status text, input json, output json,
    started_at timestamptz, completed_at timestamptz, PRIMARY KEY (execution, position)
)
"""
WARM_UP = 20
PATIENCE_SECONDS = 120.0
SLOWER_THAN_OURS = {"dbos": 15.0, "procrastinate": 5.0}  # how many times as much CPU they must need


@dataclass(frozen=True)
class Peer(ABC):
    """One contestant: its database, and how executions are asked of it."""

    name: str
    dsn: str
    found: Bench

    def prepare(self) -> None:
        """Make what it needs in its database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(TABLES)

    @abstractmethod
    def ask(self, many: int) -> None:
        """Enqueue so many executions, as fast as it is able to."""

    def close(self) -> None:
        """Give its sessions back, where it has any."""
        return


class Ours(Peer):
    """The worker."""

    def prepare(self) -> None:
        return

    def ask(self, many: int) -> None:
        self.found.enqueue(many, asked=time.time())


class Procrastinate(Peer):
    """Jobs in batches, deleted when done, woken by notices."""

    def prepare(self) -> None:
        super().prepare()
        self._app.schema_manager.apply_schema()

    def ask(self, many: int) -> None:
        self._app.configure_task("five_steps").batch_defer(*(payload() for _ in range(many)))

    def close(self) -> None:
        self._app.close()

    @cached_property
    def _app(self) -> Any:
        import procrastinate

        app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=self.dsn))
        app.open()
        return app


class Pgqueuer(Peer):
    """Jobs in batches over asyncpg, its fastest driver."""

    def prepare(self) -> None:
        super().prepare()
        self._do(self._queries.install())

    def ask(self, many: int) -> None:
        jobs = [json.dumps(payload()).encode() for _ in range(many)]
        self._do(self._queries.enqueue(["five_steps"] * many, jobs, [0] * many))

    def close(self) -> None:
        self._do(self._connection.close())
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    @cached_property
    def _connection(self) -> Any:
        import asyncpg

        return self._do(asyncpg.connect(self.dsn))

    @cached_property
    def _queries(self) -> Any:
        from pgqueuer.queries import Queries

        return Queries.from_asyncpg_connection(self._connection)


class Dbos(Peer):
    """A durable workflow of five steps, asked for one by one through its client."""

    def prepare(self) -> None:
        return

    def ask(self, many: int) -> None:
        for _ in range(many):
            self._client.enqueue({"workflow_name": "five_steps", "queue_name": "bench"}, payload())

    def close(self) -> None:
        self._client.destroy()

    @cached_property
    def _client(self) -> Any:
        from dbos import DBOSClient

        return DBOSClient(system_database_url=self.dsn)


CONTESTANTS: Mapping[str, type[Peer]] = {
    "ours": Ours, "pgqueuer": Pgqueuer, "procrastinate": Procrastinate, "dbos": Dbos,
}  # fmt: skip


def payload() -> Row:
    """What an execution is given."""
    return {
        "execution": str(uuid4()),
        "asked": time.time(),
        "contact": {"id": "c", "name": "Ana", "email": "ana@example.com", "tags": ["trial"], "score": 40},
    }


@contextmanager
def contestants(found: Bench) -> Iterator[list[Peer]]:
    """All of them, each with a database of its own."""
    with ExitStack() as stack:
        peers: list[Peer] = []
        for name, kind in CONTESTANTS.items():
            peer = kind(name, found.dsn if name == "ours" else _database(found, name), found)
            peer.prepare()
            stack.callback(peer.close)
            peers.append(peer)
        yield peers


def _database(found: Bench, name: str) -> str:
    if found.server.has_database(name):
        return found.server.dsn(name)
    return found.server.create_database(name)


class Process:
    """A worker process of a contestant, asked over its standard input."""

    def __init__(self, peer: Peer) -> None:
        command = [sys.executable, str(Path(__file__).with_name("peer_worker.py")), peer.name, peer.dsn]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._ask("ready")

    def done(self) -> int:
        """How many executions it has completed."""
        return int(self._ask("done"))

    def delays(self) -> list[float]:
        """Milliseconds from asking to the first step, of each execution so far."""
        return [float(each) for each in self._ask("delays")]

    def wait_for(self, many: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.done() < many:
            assert self.process.poll() is None, "it has ended"
            assert time.monotonic() < deadline, f"{self.done()} of {many} executions are complete"
            time.sleep(0.02)

    def cpu(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stopped, so that what is asked meanwhile is done afterwards and the asking is not counted."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _ask(self, what: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def running(peer: Peer) -> Iterator[Process]:
    """Its worker, warm."""
    process = Process(peer)
    try:
        peer.ask(WARM_UP)
        process.wait_for(WARM_UP)
        yield process
    finally:
        process.close()


def costs(found: Bench) -> list[Row]:
    """CPU microseconds per execution of five steps, worker process and server; interleaved."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTESTANTS}
    with contestants(found) as peers:
        for turn in range(found.sizes.rounds):
            for peer in peers[:: 1 if turn % 2 else -1]:
                spent[peer.name].append(_cost(found, peer))
    ours = sum(_medians(spent["ours"]))
    return [_row(name, pairs, ours) for name, pairs in spent.items()]


def _cost(found: Bench, peer: Peer) -> tuple[float, float]:
    many = found.sizes.slow if peer.name == "dbos" else found.sizes.executions
    with running(peer) as process:
        with process.held():
            peer.ask(many)
            client, server = process.cpu(), found.server_cpu()
        process.wait_for(WARM_UP + many)
        time.sleep(0.3)  # what is written after the last step
        return (process.cpu() - client) / many * 1e6, (found.server_cpu() - server) / many * 1e6


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    client, server = (median(part) for part in zip(*pairs, strict=True))
    return client, server


def _row(name: str, pairs: list[tuple[float, float]], ours: float) -> Row:
    client, server = _medians(pairs)
    row: Row = {
        "measure": "µs of CPU per execution",
        "who": name,
        "client": round(client),
        "server": round(server),
    }
    row |= {"total": round(client + server), "times ours": round((client + server) / ours, 1)}
    if name in SLOWER_THAN_OURS:
        row["must be"] = f"at least {SLOWER_THAN_OURS[name]:g} times"
        row["verdict"] = verdict((client + server) / ours >= SLOWER_THAN_OURS[name])
    return row


def latency(found: Bench) -> list[Row]:
    """Milliseconds from asking to the first step, at an even pace; interleaved."""
    waited: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with contestants(found) as peers:
        for turn in range(min(2, found.sizes.rounds)):
            for peer in peers[:: 1 if turn % 2 else -1]:
                waited[peer.name] += _paced(peer, found.sizes.seconds)
    rows: list[Row] = [
        {"measure": f"start latency at {PER_SECOND}/s, ms", "who": name, **percentiles(times)}
        for name, times in waited.items()
    ]
    quicker = all(rows[0][part] <= rows[1][part] for part in ("p50", "p99"))
    rows[0] |= {"must be": "not slower than pgqueuer", "verdict": verdict(quicker)}
    return rows


def _paced(peer: Peer, seconds: int) -> list[float]:
    with running(peer) as process:
        began, many = time.monotonic(), PER_SECOND * seconds
        for number in range(many):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            peer.ask(1)
        process.wait_for(WARM_UP + many)
        return process.delays()[WARM_UP:]
