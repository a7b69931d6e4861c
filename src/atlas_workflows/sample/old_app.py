"""A stand-in for the old application: reads and writes the legacy tables as it did, while others migrate them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import psycopg

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseUnreachable, SourceError
from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.old_tables import OldTables, OpenWorkflow, find_tables
from atlas_workflows.sample.sanitiser import accepts, escape, saved_edge, saved_node, saved_variables

PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Written:
    """What the old application wrote: ids by kind of deed, and what did not work out."""

    created: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    switched: list[str] = field(default_factory=list)
    executions: list[str] = field(default_factory=list)
    reads: int = 0
    refused_saves: int = 0
    failed_deeds: int = 0
    reconnects: int = 0

    def as_json(self) -> dict[str, object]:
        ids = {
            name: getattr(self, name) for name in ("created", "saved", "deleted", "switched", "executions")
        }
        counts: dict[str, object] = {name: len(values) for name, values in ids.items()}
        others = ("reads", "refused_saves", "failed_deeds", "reconnects")
        counts |= {name: getattr(self, name) for name in others}
        return {"counts": counts, "ids": ids}


def run_old_app(dsn: str, *, rate: float, seconds: float | None, seed: int, stop: Event) -> Written:
    """Do `rate` deeds a second until `seconds` have passed or `stop` is set; each deed is its own transactions.

    Deeds are due at fixed instants: when the database is slow, they queue up, as visitors would. A lost connection is
    made again for up to PATIENCE_SECONDS; then DatabaseUnreachable is raised.
    """
    app = OldApp(dsn, seed)
    begin, deed = time.monotonic(), 0
    try:
        while not stop.is_set() and (seconds is None or time.monotonic() - begin < seconds):
            app.do_something()
            deed += 1
            stop.wait(max(0.0, begin + deed / rate - time.monotonic()))
    finally:
        app.close()
    return app.written


class OldApp:
    """One process of the old application with its one connection."""

    def __init__(self, dsn: str, seed: int) -> None:
        self.dsn, self.dice, self.written = dsn, Dice(seed, "old-app"), Written()
        self.connection = _open(dsn)
        self.tables: OldTables = find_tables(self.connection)
        self.gyms = self._ids("organizations")
        if not self.gyms:
            raise SourceError(
                "The database has no organization.", remedy="Make a sample first: atlas sample create."
            )

    def close(self) -> None:
        self.connection.close()

    def do_something(self) -> None:
        """One deed, chosen by chance; a deed that a broken connection cut off is not repeated."""
        deeds: tuple[Callable[[], None], ...] = (
            self.execute,
            self.save,
            self.create,
            self.switch,
            self.delete,
        )
        deed = self.dice.random.choices(deeds, weights=(60, 20, 10, 6, 4))[0]
        try:
            deed()
        except (psycopg.errors.IntegrityError, psycopg.OperationalError, psycopg.InterfaceError):
            # Gone between reading and writing, locked out, or cut off: the old application logged and went on.
            self.written.failed_deeds += 1
            if self.connection.closed:
                self._reconnect()

    def execute(self) -> None:
        """Execute an active workflow; one in twenty times the processor's own row comes beside the route's."""
        workflow = self._read(self._pick("list_by_status"))
        if workflow is None:
            return
        ids = [self.dice.uuid() for _ in range(2 if self.dice.chance(0.05) else 1)]
        trigger_data = {"leadId": self.dice.uuid(), "source": "website"}
        error = "Request timed out after 30000 ms" if self.dice.chance(0.1) else None
        with self.connection.transaction():
            for execution_id in ids:
                self.tables.start(self.connection, execution_id, workflow, trigger_data)
        self.written.executions += ids
        with self.connection.transaction():
            self.tables.finish(self.connection, ids[0], error, self._steps(workflow))
        with self.connection.transaction():
            self.tables.count(self.connection, workflow.id, good=error is None)

    def save(self) -> None:
        """Open a workflow, change nothing of note, and send it through the sanitiser."""
        workflow = self._read(self._pick("list_all"))
        if workflow is None:
            return
        if not accepts(workflow.nodes, workflow.edges):
            self.written.refused_saves += 1
            return
        graph = {
            "nodes": [saved_node(node) for node in workflow.nodes],
            "edges": [saved_edge(edge) for edge in workflow.edges],
            "variables": saved_variables(workflow.variables),
        }
        with self.connection.transaction():
            self.tables.save(self.connection, workflow, escape(workflow.name), graph)
        self.written.saved.append(workflow.id)

    def create(self) -> None:
        trigger = {"label": "New lead", "actionType": "new_lead", "config": {"subtype": "new_lead"}}
        task = {"label": "Call", "actionType": "create_task", "config": {"title": "Call {{firstName}}"}}
        nodes = [
            {
                "id": self.dice.uuid(),
                "type": kind,
                "position": {"x": 400, "y": 80 + 140 * place},
                "data": data,
            }
            for place, (kind, data) in enumerate((("trigger", trigger), ("action", task)))
        ]
        edge = {"id": "e1", "source": nodes[0]["id"], "target": nodes[1]["id"]}
        number = len(self.written.created) + 1
        workflow = OpenWorkflow(
            self.dice.uuid(), "active", f"Made by the old application {number}", None, nodes, [edge], [], {},
            self.dice.pick(self.gyms),
        )  # fmt: skip
        with self.connection.transaction():
            self.tables.create(self.connection, workflow)
        self.written.created.append(workflow.id)

    def switch(self) -> None:
        self._change("switch", self._pick("list_all"), self.written.switched)

    def delete(self) -> None:
        """Mostly what it made itself; sometimes an older workflow, executions and all."""
        alive = [made for made in self.written.created if made not in self.written.deleted]
        victim = self.dice.pick(alive) if alive and self.dice.chance(0.75) else self._pick("list_all")
        self._change("delete", victim, self.written.deleted)

    def _change(self, name: str, workflow_id: str | None, noted: list[str]) -> None:
        if workflow_id is None:
            return
        with self.connection.transaction():
            done = self.connection.execute(sql(f"sample/old_app/{name}"), {"id": workflow_id})
        if done.rowcount:
            noted.append(workflow_id)

    def _read(self, workflow_id: str | None) -> OpenWorkflow | None:
        if workflow_id is None:
            return None
        with self.connection.transaction():
            return self.tables.read(self.connection, workflow_id)

    def _pick(self, listing: str) -> str | None:
        ids = self._ids(listing)
        return self.dice.pick(ids) if ids else None

    def _ids(self, listing: str) -> list[str]:
        self.written.reads += 1
        with self.connection.transaction():
            return [row[0] for row in self.connection.execute(sql(f"sample/old_app/{listing}"))]

    def _steps(self, workflow: OpenWorkflow) -> list[dict[str, object]]:
        nodes = workflow.nodes if isinstance(workflow.nodes, list) else []
        return [
            {
                "id": self.dice.uuid(),
                "nodeId": node.get("id"),
                "nodeType": node.get("type"),
                "status": "completed",
                "output": {"ok": True},
            }
            for node in nodes
            if isinstance(node, dict) and node.get("type") != "note"
        ]

    def _reconnect(self) -> None:
        self.connection.close()
        self.written.reconnects += 1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.connection = _open(self.dsn)
            except DatabaseUnreachable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return


def _open(dsn: str) -> Connection:
    return connect(dsn, application_name="old gym application", autocommit=True)
