"""The API's benchmark: long lists page by page under concurrent inserts, beside the raw statement over the same pool, and the start.

Server, database and client share the machine. A page of ours is an HTTP answer of `atlas serve`; a raw page is the same statement
under the same policies over a pool of the same kind, its rows as they come. Pages of both are taken in turn, from the same place on.
CPU is that of the API's process: it says more than the clock where the machine is busy with other things.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from atlas_workflows.api.database import Database
from atlas_workflows.api.manners.cursors import place_of
from atlas_workflows.api.routes.workflows import FILTERS
from atlas_workflows.api.serving import PREFIX
from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.api_keys import create_key
from atlas_workflows.store.history import Wanted, find_executions
from atlas_workflows.store.steering import By

ORGANIZATIONS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
PAGE, DAYS, PAUSE = 200, 90, 0.01
P95_MS, START_SECONDS = 50, 3
ADDED = {
    "workflows": "INSERT INTO atlas.workflows (organization_id, name) VALUES (%s, 'late')",
    "executions": "INSERT INTO atlas.workflow_executions (organization_id, status) VALUES (%s, 'queued')",
}
TABLES = {"workflows": "workflows", "executions": "workflow_executions"}
IDS = {"workflows": "id", "executions": "execution"}
Row = dict[str, Any]
Place = tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of each kind in each organization, and how often the server is started."""

    rows: int
    starts: int


@dataclass(frozen=True, slots=True)
class Bench:
    """A server with its durability on, two organizations that have much, and a key to the first one."""

    dsn: str
    key: str
    sizes: Sizes

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


FULL, SMALL = Sizes(100_000, 5), Sizes(2_000, 2)


def run(only: Sequence[str] = (), *, quick: bool = False) -> list[Row]:
    """The rows of the sections asked for (all of them by default)."""
    sizes = SMALL if quick else FULL
    with _ground(sizes) as bench:
        return [
            row for name, section in SECTIONS.items() if not only or name in only for row in section(bench)
        ]


def lists(bench: Bench) -> list[Row]:
    """Every page of each list, by HTTP and raw in turn, while somebody adds to it."""
    rows: list[Row] = []
    with _served(bench) as client:
        for listed in ADDED:
            before = _ids(bench, listed)
            with _adding(bench, listed) as added:
                used = _cpu_seconds(client)
                seen, ours, raw = _walk(bench, client, listed)
                used = _cpu_seconds(client) - used
            rows.append(_page_row(listed, "ours", ours) | {
                "CPU": round(used / len(ours) * 1_000, 1), "load": round(os.getloadavg()[0], 1),
                "ratio to raw": round(median(a / b for a, b in zip(ours, raw, strict=True)), 1),
                "rows": len(before), "added": len(added), "twice": len(seen) - len(set(seen)),
                "missed": len(before - set(seen)),
                "must be": f"p95 under {P95_MS}, none twice or missed",
                "verdict": _verdict(
                    _share(ours, 95) < P95_MS and len(seen) == len(set(seen)) and before <= set(seen)
                ),
            })  # fmt: skip
            rows.append(_page_row(listed, "raw", raw))
    return rows


def start(bench: Bench) -> list[Row]:
    """From the command to the first answer of /health; CPU seconds of the process until then say more on a busy machine."""
    walls, cpus = list[float](), list[float]()
    for _ in range(bench.sizes.starts):
        begun = time.perf_counter()
        with _served(bench) as client:
            walls.append(time.perf_counter() - begun)
            cpus.append(_cpu_seconds(client))
    return [
        {
            "measure": "seconds to the first answer", "who": "ours", "p50": round(median(walls), 2),
            "CPU": round(median(cpus), 2), "load": round(os.getloadavg()[0], 1), "must be": f"under {START_SECONDS}",
            "verdict": _verdict(median(walls) < START_SECONDS),
        }
    ]  # fmt: skip


SECTIONS: dict[str, Callable[[Bench], list[Row]]] = {"lists": lists, "start": start}


def _walk(bench: Bench, client: httpx.Client, listed: str) -> tuple[list[str], list[float], list[float]]:
    """The ids that the pages showed, and the milliseconds of each page: ours, raw."""
    seen, ours, raw = list[str](), list[float](), list[float]()
    database = Database(lambda: bench.dsn)
    given: dict[str, Any] = {"limit": PAGE}
    try:
        _raw_page(database, listed, None)  # its session is opened
        client.get(listed, params=given).raise_for_status()
        while True:
            raw.append(_milliseconds(_raw_page, database, listed, place_of(listed, given.get("cursor"))))
            begun = time.perf_counter()
            answer = client.get(listed, params=given)
            ours.append((time.perf_counter() - begun) * 1_000)
            page = answer.raise_for_status().json()
            seen += [item[IDS[listed]] for item in page["items"]]
            if page["next"] is None:
                return seen, ours, raw
            given["cursor"] = page["next"]
    finally:
        database.close()


def _raw_page(database: Database, listed: str, place: Place) -> None:
    """What the route asks of the database, and nothing around it."""
    with database.reading(ORGANIZATIONS[0]) as connection:
        if listed == "executions":
            find_executions(connection, Wanted(ORGANIZATIONS[0], before=place, limit=PAGE + 1))
            return
        at, behind = place or (None, None)
        given = {
            "organization": ORGANIZATIONS[0], "limit": PAGE + 1, "before_at": at, "before_id": behind,
            "down_to_at": None, "down_to_id": None, "id": None, **dict.fromkeys(FILTERS),
        }  # fmt: skip
        statement = sql("api/workflows").format(fitting=sql("api/fitting_workflows"))
        connection.execute(statement, given).fetchall()


def _cpu_seconds(client: httpx.Client) -> float:
    """Of the API's process so far."""
    used = psutil.Process(int(client.headers["X-Process"])).cpu_times()
    return float(used.user + used.system)


def _milliseconds(work: Callable[..., None], *given: Any) -> float:
    begun = time.perf_counter()
    work(*given)
    return (time.perf_counter() - begun) * 1_000


def _ids(bench: Bench, listed: str) -> set[str]:
    with connect(bench.dsn, application_name="bench", autocommit=True) as connection:
        statement = f"SELECT id::text FROM atlas.{TABLES[listed]} WHERE organization_id = %s".encode()
        return {named for (named,) in connection.execute(statement, [ORGANIZATIONS[0]])}


@contextmanager
def _adding(bench: Bench, listed: str) -> Iterator[list[float]]:
    """Somebody adds to the list, about a hundred a second; when each was added."""
    ended, added = threading.Event(), list[float]()

    def add() -> None:
        with connect(bench.dsn, application_name="bench", autocommit=True) as connection:
            while not ended.wait(PAUSE):
                connection.execute(ADDED[listed].encode(), [ORGANIZATIONS[0]])
                added.append(time.time())

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield added
    finally:
        ended.set()
        thread.join()


@contextmanager
def _served(bench: Bench) -> Iterator[httpx.Client]:
    """`atlas serve` as people start it, from its first answer on."""
    port, program = free_port(), str(Path(sys.executable).with_name("atlas"))
    given = os.environ | {"ATLAS_CRM_DSN": bench.dsn, "ATLAS_API_PER_MINUTE": "1000000"}
    process = subprocess.Popen(
        [program, "serve", "--port", str(port)], env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}{PREFIX}/api/v2/"
    headers = {**bench.headers, "X-Process": str(process.pid)}
    try:
        with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60) as client:
            _await(client, process, port)
            yield client
    finally:
        process.terminate()
        process.wait(60)


def _await(client: httpx.Client, process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with suppress(httpx.TransportError):
            client.get(f"http://127.0.0.1:{port}/health").raise_for_status()
            return
        time.sleep(0.01)
    raise TimeoutError("the API did not start")


@contextmanager
def _ground(sizes: Sizes) -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", settings={"shared_buffers": "256MB", "max_wal_size": "4GB"})
    last = datetime.now(UTC)
    try:
        dsn = server.start().create_database("api")
        upgrade(dsn)
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            span = [last - timedelta(days=DAYS), last + timedelta(days=3)]
            connection.execute("SELECT atlas.ensure_day_partitions('workflow_executions', %s, %s)", span)
            for organization in ORGANIZATIONS:
                given = {"organization": organization, "many": sizes.rows, "days": DAYS, "last": last}
                connection.execute(sql("benchmarks/many_workflows"), given)
                connection.execute(sql("benchmarks/many_executions"), given)
            connection.execute("VACUUM ANALYZE")
            scopes = ["workflow:analytics"]
            _, key = create_key(connection, ORGANIZATIONS[0], "bench", scopes, By("bench", "benchmark"), last)
        yield Bench(dsn, key.text, sizes)
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _page_row(listed: str, who: str, taken: Sequence[float]) -> Row:
    return {
        "measure": f"ms per page of {listed}", "who": who, "pages": len(taken), "p50": round(median(taken), 1),
        "p95": round(_share(taken, 95), 1),
    }  # fmt: skip


def _share(taken: Sequence[float], percent: int) -> float:
    return sorted(taken)[min(len(taken) - 1, len(taken) * percent // 100)]


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"
