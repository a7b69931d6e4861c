"""What an execution costs the worker and the server, beside the floor of its own statements; latency; claims beside parked ones.

Floor: the same claims and checkpoints with rows that were made beforehand, so without interpreter and without JSON of its own.
Peers (pgqueuer, procrastinate, DBOS) are not in the locked environment; their figures stand in docs/decisions/0100.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from typing import Any
from uuid import uuid4

import psutil

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.engine.advance import start
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Edge, Node, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.site import utc_now
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.wiring import build_worker
from atlas_workflows.worker.model import Start, Turn
from atlas_workflows.worker.turn import take_turn

ORGANIZATION = "11111111-1111-4111-8111-111111111111"
EXECUTIONS = int(os.environ.get("ATLAS_BENCH_EXECUTIONS", "2000"))  # per round
ROUNDS = 3
BATCH = 100
PER_SECOND = 50  # for start latency
LATENCY_SECONDS = 10
PARKED = (0, 100_000, 1_000_000)
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Bench:
    """A server with its durability on, the schema, one published workflow of five nodes."""

    server: EmbeddedServer
    dsn: str
    connection: Connection
    workflow: str
    executions: PostgresExecutions
    definitions: PostgresDefinitions

    def enqueue(self, many: int) -> None:
        contact = {"id": "c", "name": "Ana", "email": "ana@example.com", "tags": ["trial"], "score": 40}
        numbers = [next(_NUMBERS) for _ in range(many)]
        wishes = [
            Start(ORGANIZATION, self.workflow, f"c{n}", "bench", "t", {"contact": contact}) for n in numbers
        ]
        with self.connection.transaction():
            PostgresIntake(self.connection).start(wishes)

    def server_cpu(self) -> float:
        """Seconds of all backends that live now; sessions stay open throughout."""
        pid = int((self.server.data_dir / "postmaster.pid").read_text().split()[0])
        times = [child.cpu_times() for child in psutil.Process(pid).children()]
        return sum(each.user + each.system for each in times)


def five_nodes() -> Workflow:
    """Conditions and variables, as workflows have them; no effects."""
    nodes = (
        Node("a", "set_variable", {"name": "greeting", "value": "Hello {{ contact.name }}"}),
        Node(
            "b",
            "condition",
            {"condition": {"field": "contact.score", "operator": "greater_than", "value": 10}},
        ),
        Node("c", "set_variable", {"name": "n", "value": 3}),
        Node(
            "d", "filter", {"condition": {"field": "contact.tags", "operator": "contains", "value": "trial"}}
        ),
        Node("e", "set_variable", {"name": "last", "value": "{{ variables.n }}"}),
    )
    ports = {"b": "true"}
    edges = tuple(Edge(f"{x}{y}", x, y, ports.get(x, "main")) for x, y in pairwise("tabcde"))
    return Workflow("w", "W", nodes, edges, (Trigger("t", "manual", {}),))


@contextmanager
def bench() -> Iterator[Bench]:
    """Set it all up, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", settings={"shared_buffers": "512MB", "max_wal_size": "4GB"})
    try:
        dsn = server.start().create_database("bench")
        upgrade(dsn)
        pool = open_pool(dsn, 4)
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            workflow = _publish(connection)
            executions, definitions = PostgresExecutions(pool), PostgresDefinitions(pool, load_catalogue())
            yield Bench(server, dsn, connection, workflow, executions, definitions)
        pool.close()
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _publish(connection: Connection) -> str:
    name, definition = str(uuid4()), dumps_text(to_json(five_nodes()))
    connection.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, status, owner, published_version) "
        "VALUES (%s, %s, 'W', 'active', 'atlas_enhanced', 1)",
        [name, ORGANIZATION],
    )
    connection.execute(
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
        "VALUES (%s, %s, 1, %s, 'h')",
        [name, ORGANIZATION, definition],
    )
    return name


def run() -> list[dict[str, Any]]:
    """All measures, one row each."""
    with bench() as found:
        rows = [*costs(found), latency(found)]
        rows += claims_beside_parked(found)
    return rows


def costs(found: Bench) -> list[dict[str, Any]]:
    """CPU microseconds per execution of five nodes: ours, the floor, and the interpreter alone; interleaved."""
    ways = {"worker": _turns_taken, "floor": _turns_canned}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    _round(found, _turns_taken)
    for turn in range(ROUNDS):
        for name in [*ways][:: 1 if turn % 2 else -1]:
            spent[name].append(_round(found, ways[name]))
    rows = [_cost(name, pairs) for name, pairs in spent.items()]
    ratio = rows[0]["total"] / rows[1]["total"]
    return [{**rows[0], "ratio to floor": round(ratio, 2)}, rows[1], _interpreter(found)]


def _round(found: Bench, turns: Any) -> tuple[float, float]:
    found.enqueue(EXECUTIONS)
    client, server = time.process_time(), found.server_cpu()
    batch, done = found.executions.checkpoint((), BATCH)[0], 0
    while batch.claimed:
        done += len(batch.claimed)
        batch = found.executions.checkpoint(turns(found, batch), BATCH)[0]
    assert done == EXECUTIONS
    return time.process_time() - client, found.server_cpu() - server


def _turns_taken(found: Bench, batch: Any) -> list[Turn]:
    return [
        take_turn(c, found.definitions.program(c.organization, c.workflow, c.version), batch.now)
        for c in batch.claimed
    ]


def _turns_canned(found: Bench, batch: Any) -> list[Turn]:
    """The first execution's turn, under the names of all others."""
    first, *others = batch.claimed
    turn = take_turn(first, found.definitions.program(first.organization, first.workflow, 1), batch.now)
    return [turn, *(replace(turn, claimed=claimed) for claimed in others)]


def _cost(name: str, pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    client, server = (median(part) / EXECUTIONS * 1e6 for part in zip(*pairs, strict=True))
    row = {"measure": f"{name}, µs of CPU per execution", "client": round(client), "server": round(server)}
    return {**row, "total": round(client + server)}


def _interpreter(found: Bench) -> dict[str, Any]:
    program = found.definitions.program(ORGANIZATION, found.workflow, 1)
    assert program is not None
    data = {"contact": {"name": "Ana", "tags": ["trial"], "score": 40}}
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(EXECUTIONS):
            start(program, "t", data, utc_now(), execution="x", subject="c")
        times.append((time.process_time() - began) / EXECUTIONS * 1e6)
    return {"measure": "of which the interpreter", "client": round(median(times))}


def latency(found: Bench) -> dict[str, Any]:
    """Milliseconds from the commit of a start to the commit of its last step, one after the other at an even pace."""
    worker, listener = build_worker(found.dsn, {})
    thread = Thread(target=worker.run)
    listener.start()
    thread.start()
    time.sleep(1.0)
    pace, many = 1.0 / PER_SECOND, PER_SECOND * LATENCY_SECONDS
    began, waited = time.monotonic(), []
    with connect(found.dsn, application_name="bench", autocommit=True) as watching:
        for number in range(many):
            time.sleep(max(0.0, began + number * pace - time.monotonic()))
            asked = time.monotonic()
            found.enqueue(1)
            while watching.execute("SELECT count(*) FROM atlas.workflow_execution_queue").fetchone() != (0,):
                time.sleep(0.001)
            waited.append((time.monotonic() - asked) * 1000)
    worker.stop()
    thread.join()
    listener.stop()
    cuts = quantiles(waited, n=100)
    return {
        "measure": f"start to end at {PER_SECOND}/s, ms",
        "p50": round(cuts[49], 1),
        "p99": round(cuts[98], 1),
    }


def claims_beside_parked(found: Bench) -> list[dict[str, Any]]:
    """Milliseconds per claim of 100, beside executions that wait."""
    rows, parked = [], 0
    for many in PARKED:
        found.connection.execute(
            "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, due_at, ready) "
            "SELECT %s, gen_random_uuid(), now() + n * interval '1 minute' + interval '1 day', false "
            "FROM generate_series(1, %s) AS n",
            [ORGANIZATION, many - parked],
        )
        parked = many
        rows.append({"measure": "claim of 100, ms", "parked": many, "p50": round(_claim_ms(found), 2)})
    return rows


def _claim_ms(found: Bench) -> float:
    found.enqueue(BATCH * 12)
    times, batches = [], []
    for _ in range(12):
        began = time.perf_counter()
        batches.append(found.executions.checkpoint((), BATCH)[0])
        times.append((time.perf_counter() - began) * 1000)
    assert all(len(batch.claimed) == BATCH for batch in batches)
    for batch in batches:
        found.executions.checkpoint(_turns_taken(found, batch), 0)
    return median(times)
