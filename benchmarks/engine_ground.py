"""The ground of the engine's benchmark: a server with its durability on, the schema, one workflow of five nodes, sizes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import psutil

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Edge, Node, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.worker.model import Batch, Start, Turn
from atlas_workflows.worker.turn import take_turn

ORGANIZATION = "11111111-1111-4111-8111-111111111111"
BATCH = 100
PER_SECOND = 50
Row = dict[str, Any]
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything. `executions` are of a round; `slow` is that of DBOS, which takes a hundred times as long."""

    executions: int = 2_000
    rounds: int = 3
    slow: int = 300
    seconds: int = 10
    due: int = 100_000
    due_seconds: int = 60
    parked: tuple[int, ...] = (0, 100_000, 1_000_000)
    flood: int = 1_000_000


FULL = Sizes()
SMALL = Sizes(200, 1, 40, 3, 2_000, 8, (0, 20_000), 20_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """A server with its durability on, the schema, published workflows."""

    server: EmbeddedServer
    dsn: str
    connection: Connection
    sizes: Sizes
    executions: PostgresExecutions
    definitions: PostgresDefinitions
    workflow: str

    def enqueue(self, many: int, workflow: str | None = None, **data: Any) -> list[str]:
        contact = {"id": "c", "name": "Ana", "email": "ana@example.com", "tags": ["trial"], "score": 40}
        numbers = [next(_NUMBERS) for _ in range(many)]
        wishes = [
            Start(
                ORGANIZATION, workflow or self.workflow, f"c{n}", "bench", "t", {"contact": contact, **data}
            )
            for n in numbers
        ]
        with self.connection.transaction():
            return [each.execution for each in PostgresIntake(self.connection).start(wishes)]

    def publish(self, workflow: Workflow, organization: str = ORGANIZATION) -> str:
        """Put a workflow into the database, active and ours."""
        name, definition = str(uuid4()), dumps_text(to_json(workflow))
        # In one transaction: at its end the database notes what the version's triggers listen for.
        with self.connection.transaction():
            self.connection.execute(
                "INSERT INTO atlas.workflows (id, organization_id, name, status, owner, published_version) "
                "VALUES (%s, %s, 'W', 'active', 'atlas_enhanced', 1)",
                [name, organization],
            )
            self.connection.execute(
                "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
                "VALUES (%s, %s, 1, %s, 'h')",
                [name, organization, definition],
            )
        return name

    def turns(self, batch: Batch) -> list[Turn]:
        """The turns of a batch."""
        program = self.definitions.program
        return [
            take_turn(c, program(c.organization, c.workflow, c.version), batch.now) for c in batch.claimed
        ]

    def server_cpu(self) -> float:
        """Seconds of all backends: those that live now, and those that have ended since the server began."""
        pid = int((self.server.data_dir / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        gone = postmaster.cpu_times()
        times = [child.cpu_times() for child in postmaster.children()]
        return gone.children_user + gone.children_system + sum(each.user + each.system for each in times)


def five_nodes() -> Workflow:
    """Conditions and variables, as workflows have them; no effects."""
    score = {"field": "contact.score", "operator": "greater_than", "value": 10}
    tagged = {"field": "contact.tags", "operator": "contains", "value": "trial"}
    nodes = (
        Node("a", "set_variable", {"name": "greeting", "value": "Hello {{ contact.name }}"}),
        Node("b", "condition", {"condition": score}),
        Node("c", "set_variable", {"name": "n", "value": 3}),
        Node("d", "filter", {"condition": tagged}),
        Node("e", "set_variable", {"name": "last", "value": "{{ variables.n }}"}),
    )
    ports = {"b": "true"}
    edges = tuple(Edge(f"{x}{y}", x, y, ports.get(x, "main")) for x, y in pairwise("tabcde"))
    return Workflow("w", "W", nodes, edges, (Trigger("t", "manual", {}),))


def line(*nodes: Node, trigger: str = "manual") -> Workflow:
    """The nodes one after the other."""
    edges = tuple(Edge(f"e{i}", a, b) for i, (a, b) in enumerate(pairwise(["t", *(n.id for n in nodes)])))
    return Workflow("w", "W", nodes, edges, (Trigger("t", trigger, {}),))


@contextmanager
def bench(sizes: Sizes = FULL) -> Iterator[Bench]:
    """Set it all up, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    folder.chmod(0o755)
    settings = {"shared_buffers": "512MB", "max_wal_size": "4GB", "max_connections": "300"}
    server = EmbeddedServer(folder / "data", settings=settings)
    try:
        dsn = server.start().create_database("bench")
        upgrade(dsn)
        pool = open_pool(dsn, 4)
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            executions, definitions = PostgresExecutions(pool), PostgresDefinitions(pool, load_catalogue())
            found = Bench(server, dsn, connection, sizes, executions, definitions, "")
            yield Bench(server, dsn, connection, sizes, executions, definitions, found.publish(five_nodes()))
        pool.close()
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def percentiles(milliseconds: list[float]) -> Row:
    """p50 and p99."""
    cuts = quantiles(milliseconds, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def verdict(met: bool) -> str:
    """Whether the figure that must be reached was."""
    return "reached" if met else "MISSED"
