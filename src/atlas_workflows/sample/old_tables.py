"""The legacy tables as the old application reads and writes them, in shapes A and B."""

from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import UnknownShape

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenWorkflow:
    """A workflow as the builder has it open."""

    id: str
    status: str | None
    name: str
    description: str | None
    nodes: Any
    edges: Any
    variables: Any
    settings: Any
    organization_id: str | None


@dataclass(frozen=True, slots=True)
class OldTables:
    """Which files speak this database's shape: `letter` a or b, and `patched` where A has organizations."""

    letter: str
    patched: bool
    executions_patched: bool

    def read(self, connection: Connection, workflow_id: str) -> OpenWorkflow | None:
        """The workflow, or None when it is gone."""
        name = "read_b" if self.letter == "b" else self._form("read_a", self.patched)
        row = connection.execute(_sql(name), {"id": workflow_id}).fetchone()
        return OpenWorkflow(*row) if row else None

    def save(self, connection: Connection, workflow: OpenWorkflow, name: str, graph: Json) -> None:
        values = {"id": workflow.id, "name": name, "description": workflow.description, **_texts(graph)}
        connection.execute(_sql(f"save_{self.letter}"), values)

    def create(self, connection: Connection, workflow: OpenWorkflow) -> None:
        name = "create_b" if self.letter == "b" else self._form("create_a", self.patched)
        graph = _texts({"nodes": workflow.nodes, "edges": workflow.edges})
        values = {
            part: getattr(workflow, part)
            for part in ("id", "organization_id", "name", "description", "status")
        }
        connection.execute(_sql(name), values | graph)

    def start(
        self, connection: Connection, execution_id: str, workflow: OpenWorkflow, trigger_data: Json
    ) -> None:
        name = "start_b" if self.letter == "b" else self._form("start_a", self.executions_patched)
        values = {"id": execution_id, "workflow_id": workflow.id, "organization_id": workflow.organization_id}
        connection.execute(_sql(name), values | _texts({"trigger_data": trigger_data}))

    def finish(self, connection: Connection, execution_id: str, error: str | None, steps: list[Json]) -> None:
        """End the execution: A keeps the steps in its row, B beside it (each step carries its own id)."""
        status = "failed" if error else "completed"
        values = {"id": execution_id, "status": status, "error": error}
        if self.letter == "b":
            for step in steps:
                connection.execute(_sql("step_b"), _step_row(execution_id, step))
            connection.execute(_sql("finish_b"), values)
        else:
            kept = [{key: value for key, value in step.items() if key != "id"} for step in steps]
            connection.execute(_sql("finish_a"), values | _texts({"steps": kept}))

    def count(self, connection: Connection, workflow_id: str, *, good: bool) -> None:
        """Read the counters, write them back one higher: the race is the old application's own."""
        row = connection.execute(_sql(f"read_counters_{self.letter}"), {"id": workflow_id}).fetchone()
        if row is None:
            return
        values = {"total": row[0] + 1, "good": row[1] + good, "bad": row[2] + (not good)}
        connection.execute(_sql(f"write_counters_{self.letter}"), {"id": workflow_id, **values})

    @staticmethod
    def _form(name: str, patched: bool) -> str:
        return f"{name}_patched" if patched else name


def find_tables(connection: Connection) -> OldTables:
    """Look at the catalog. Raises UnknownShape where the tables are not of shape A or B."""
    columns = {f"{table}.{column}" for table, column in connection.execute(_sql("columns")).fetchall()}
    if "workflows.workflow_data" in columns:
        return OldTables("b", True, True)
    if "workflows.nodes" in columns:
        patched = "workflows.organization_id" in columns
        return OldTables("a", patched, "workflow_executions.organization_id" in columns)
    raise UnknownShape(
        "The old application's stand-in finds no workflows table of shape A or B.",
        remedy="Make a sample first: atlas sample create --shape A.",
    )


def _sql(name: str) -> SQL:
    return sql(f"sample/old_app/{name}")


def _texts(parts: Json) -> dict[str, str]:
    return {name: exact_json.dumps_text(part) for name, part in parts.items()}


def _step_row(execution_id: str, step: Json) -> Json:
    return {
        "id": step["id"],
        "execution_id": execution_id,
        "node_id": str(step["nodeId"]),
        "node_type": str(step["nodeType"]),
        "action_type": step.get("actionType"),
        "status": step["status"],
    }
