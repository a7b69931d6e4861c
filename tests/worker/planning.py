"""Looks at the plans of the worker's statements, in a session that plans as the worker's do."""

import re
from typing import Any

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.sql_files import sql, sql_text
from atlas_workflows.store.sessions import PLANS_ONCE

# What the store plans by its values.
BY_VALUES = {"checkpoint", "finish_effects", "cancel_effects", "answer_again"}


class Session:
    """Statements as a worker's session has them: prepared, each with one plan for all values until statistics change."""

    def __init__(self, dsn: str) -> None:
        self.connection = connect(dsn, application_name="plans", autocommit=True)
        for setting_, value in PLANS_ONCE.items():
            self.connection.execute("SELECT set_config(%s, %s, false)", [setting_, value])
        self.known: dict[str, tuple[str, list[str]]] = {}

    def plan(self, *names: str) -> None:
        """Make the plans now, such as while the tables are empty."""
        for name in names:
            self._explain("EXPLAIN (FORMAT JSON)", name, {})

    def plan_of(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """How it was executed, undone afterwards."""
        with self.connection.transaction(force_rollback=True):
            if name in BY_VALUES:
                self.connection.execute(sql("engine/plan_by_values"))
            return self._explain("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)", name, given)

    def _explain(self, how: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
        prepared, parameters = self._prepared(name)
        values = f"({', '.join(['%s'] * len(parameters))})" if parameters else ""
        cursor = psycopg.ClientCursor(self.connection)
        cursor.execute(f"{how} EXECUTE {prepared} {values}", [given.get(each) for each in parameters])  # type: ignore[arg-type]
        ((plan,),) = cursor.fetchall()
        return dict(plan[0]["Plan"])

    def _prepared(self, name: str) -> tuple[str, list[str]]:
        if name not in self.known:
            text = sql_text(name if "/" in name else f"engine/{name}")
            parameters = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
            text = re.sub(r"%\((\w+)\)s", lambda found: f"${parameters.index(found[1]) + 1}", text)
            prepared = f"p{len(self.known)}"
            self.connection.execute(f"PREPARE {prepared} AS {text.replace('%%', '%')}")  # type: ignore[arg-type]
            self.known[name] = prepared, parameters
        return self.known[name]


def scans(session: Session, name: str, **given: Any) -> list[tuple[str, str, int]]:
    """(kind of scan, table, rows it looked at) of a statement."""
    return [
        (
            node["Node Type"],
            node["Relation Name"],
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"],
        )
        for node in _nodes(session.plan_of(name, given))
        if "Scan" in node["Node Type"] and "Relation Name" in node and node["Actual Loops"]
    ]


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for child in node.get("Plans", ()) for inner in _nodes(child))]


def assert_frugal(found: list[tuple[str, str, int]], rows: int) -> None:
    assert found
    assert {kind for kind, _, _ in found} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}, found
    assert max(looked for _, _, looked in found) <= rows, found
