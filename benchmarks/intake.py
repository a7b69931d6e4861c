"""The intake's benchmark: verify and store durably, beside the group commit alone and beside one insert each with asyncpg.

Client, server and database share the machine, so the ratios say more than the rates. Each contestant leaves a delivery and an
event behind for every call, and is called by the same generator. Rounds are interleaved; the ratio is the median of the rounds'
ratios. Beside each rate stands what a call costs in microseconds of CPU, in the server, in the database and in the generator, and how
much of the machine's time something else took meanwhile: where that is more than a tenth, the rates and latencies say little.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.fernet import Fernet

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks.endpoints import Wanted, create_webhook
from intake_load import SECRET
from intake_servers import CONTESTANTS, ENDPOINT
from processor import Spent, spent

FOLDER = Path(__file__).parent
ORGANIZATION = "11111111-1111-4111-8111-111111111111"
CONNECTIONS, PATIENCE_SECONDS, MOST_A_MINUTE = 64, 60, 1_000_000
OF_FLOOR, OF_SINGLE, P99_MS = 0.8, 1.5, 50
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is sent."""

    rounds: int
    requests: int
    paced_seconds: int


FULL, SMALL = Sizes(5, 8_000, 15), Sizes(3, 1_000, 2)


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: calls a second, microseconds of CPU a call, and the share of the machine that others took."""

    rate: float
    server: float
    database: float
    generator: float
    others: float


def run(*, quick: bool = False) -> list[Row]:
    """A row per contestant, then the latency at half of our load."""
    sizes = SMALL if quick else FULL
    with _database() as (dsn, key, database):
        found: dict[str, list[Measured]] = {who: [] for who in CONTESTANTS}
        for turn in range(sizes.rounds):
            for who in [*CONTESTANTS][:: 1 if turn % 2 else -1]:
                found[who].append(_round(who, dsn, key, database, sizes.requests))
        rows = [_row(who, found) for who in CONTESTANTS]
        rate = median(each.rate for each in found["ours"])
        return [*rows, _at_half(dsn, key, database, rate, sizes.paced_seconds)]


def _row(who: str, found: dict[str, list[Measured]]) -> Row:
    own = found[who]
    row: Row = {
        "measure": "calls",
        "who": who,
        "per second": round(median(each.rate for each in own)),
        **_cpu(own),
    }
    bar = {"floor": OF_FLOOR, "single": OF_SINGLE}.get(who)
    if bar is None:
        return row
    ratio = median(ours.rate / theirs.rate for ours, theirs in zip(found["ours"], own, strict=True))
    of_cpu = median(_whole(theirs) / _whole(ours) for ours, theirs in zip(found["ours"], own, strict=True))
    return {
        **row,
        "ours to it": round(ratio, 2),
        "by CPU": round(of_cpu, 2),
        "must be": f"at least {bar}",
        "verdict": _verdict(ratio >= bar),
    }


def _whole(measured: Measured) -> float:
    return measured.server + measured.database + measured.generator


def _cpu(found: list[Measured]) -> Row:
    named = {
        name: round(median(getattr(each, name) for each in found))
        for name in ("server", "database", "generator")
    }
    cpu = {f"us {name}": value for name, value in named.items()}
    return {**cpu, "others %": round(100 * median(each.others for each in found))}


def _at_half(dsn: str, key: str, database: int, rate: float, seconds: int) -> Row:
    half = max(1, int(rate / 2))
    with _serving("ours", dsn, key) as (port, server):
        _send(port, 200, 0)
        measured, found = _measured(port, server, database, half * seconds, half)
    p99 = found["p99_ms"]
    return {
        "measure": "latency in ms at half of it", "who": "ours", "per second": half, **_cpu([measured]),
        "p50": round(found["p50_ms"], 1), "p99": round(p99, 1), "sent late": round(found["late_ms"], 1),
        "must be": f"p99 under {P99_MS}", "verdict": _verdict(p99 < P99_MS),
    }  # fmt: skip


def _round(who: str, dsn: str, key: str, database: int, many: int) -> Measured:
    with _serving(who, dsn, key) as (port, server):
        _send(port, 200, 0)  # sessions are opened, statements prepared
        return _measured(port, server, database, many, 0)[0]


def _measured(port: int, server: int, database: int, many: int, rate: int) -> tuple[Measured, Row]:
    before, begun = spent(server, database), time.monotonic()
    found = _send(port, many, rate)
    after, seconds = spent(server, database), time.monotonic() - begun
    return _told(before, after, seconds, many, found), found


def _told(before: Spent, after: Spent, seconds: float, many: int, found: Row) -> Measured:
    server, database = after.server - before.server, after.database - before.database
    others = after.machine - before.machine - server - database - found["all_cpu"]
    each = 1e6 / many
    return Measured(
        many / float(found["seconds"]), server * each, database * each, found["cpu"] * each,
        max(0.0, others / (seconds * (os.cpu_count() or 1))),
    )  # fmt: skip


def _send(port: int, many: int, rate: int) -> Row:
    words = [
        sys.executable,
        str(FOLDER / "intake_load.py"),
        str(port),
        str(CONNECTIONS),
        str(many),
        str(rate),
    ]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: Row = json.loads(done.stdout)
    assert found["statuses"] == {"202": many}, found
    return found


@contextmanager
def _serving(who: str, dsn: str, key: str) -> Iterator[tuple[int, int]]:
    """Port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [sys.executable, str(FOLDER / "intake_servers.py"), who, dsn, str(port)]
    process = subprocess.Popen(words, env=os.environ | {"ATLAS_SECRET_KEYS": key})
    try:
        _await_listener(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _await_listener(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


@contextmanager
def _database() -> Iterator[tuple[str, str, int]]:
    """A server with its durability on, and in it one endpoint that takes every call; its process too."""
    folder, key = Path(tempfile.mkdtemp(prefix="atlas-bench-")), Fernet.generate_key().decode()
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", settings={"shared_buffers": "256MB", "max_wal_size": "4GB"})
    try:
        dsn = server.start().create_database("intake")
        upgrade(dsn)
        wanted = Wanted("Benchmark", "atlas", ENDPOINT, secret=SECRET, rate_limit=MOST_A_MINUTE)
        with (
            connect(dsn, application_name="bench", autocommit=True) as session,
            acting_as_migration(session) as connection,
        ):
            create_webhook(connection, Sealer((key,)), ORGANIZATION, wanted, By("bench", "benchmark"))
        yield dsn, key, int((folder / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"
