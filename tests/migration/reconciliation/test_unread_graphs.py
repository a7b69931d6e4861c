"""A graph that nobody can read is reported whatever the row's status, and the prover knows it from one that is empty."""

import json
from dataclasses import replace
from typing import Any

import pytest
from agreement import as_stored, as_targets, differences, moved, tables_of

from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.migration.reconciliation.differences import DifferenceKind
from atlas_workflows.migration.reconciliation.legacy_graph import graphs_of, unread
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.migration.reconciliation.workflows import compare_graph

GYM = "11111111-1111-4111-8111-111111111111"
KEY = "22222222-2222-4222-8222-222222222222"
TENANCY = Tenancy(frozenset({GYM}))
STATUSES = ("draft", "active", "paused", "archived", None, "inactive")
NODE = {"id": "a", "type": "action", "data": {"actionType": "send_sms", "config": {"message": "Hello there"}}}

UNREADABLE = [
    ("A", "nodes", '"[{\\"id\\":\\""'), ("A", "nodes", "7"), ("A", "nodes", "true"), ("A", "nodes", '["x", 7]'),
    ("A", "nodes", '{"a": 7}'), ("A", "edges", "7"), ("A", "edges", '"e1"'), ("B", "workflow_data", '"see attachment"'),
    ("B", "workflow_data", "7"), ("B", "workflow_data", json.dumps({"flow": {"nodes": [NODE]}})),
    ("B", "workflow_data", json.dumps({"nodes": [], "flow": [NODE]})),
    ("B", "workflow_data", json.dumps({"n1": NODE, "n2": NODE})), ("B", "workflow_data", '{"graph": "<svg/>"}'),
    ("B", "workflow_data", '{"nodes": 7, "edges": []}'), ("B", "workflow_data", '{"nodes": [], "edges": "none"}'),
    ("B", "workflow_data", '{"workflowData": 7}'), ("B", "workflow_data", '{"workflowData": {"flow": {"a": 1}}}'),
    ("B", "workflow_data", '["a", "b"]'), ("B", "workflow_data", '{"steps": ["send a mail"]}'),
    ("C", "actions", "7"), ("D", "actions", '"send_email"'), ("F", "actions", '[1, 2]'),
]  # fmt: skip
EMPTY = [
    ("A", "nodes", None), ("A", "nodes", "[]"), ("A", "nodes", "[null]"), ("A", "nodes", '""'), ("A", "edges", "{}"),
    ("B", "workflow_data", "{}"), ("B", "workflow_data", '{"nodes": [], "edges": []}'), ("B", "workflow_data", '""'),
    ("B", "workflow_data", '{"variables": [{"name": "gym"}], "viewport": {"x": 0, "y": 0, "zoom": 1}}'),
    ("B", "workflow_data", '{"workflowData": {"nodes": []}}'), ("C", "actions", "[]"),
]  # fmt: skip


def row(
    shape: str, column: str, stored: str | None, status: str | None = "draft", table: str = "workflows"
) -> SourceRow:
    columns: dict[str, str | None] = {"id": KEY, "organization_id": GYM, "name": "Welcome", "status": status}
    if shape == "A":
        columns |= {"nodes": "[]", "edges": "[]"}
    if shape in ("C", "F"):
        del columns["status"]
        columns["active" if shape == "C" else "is_active"] = {"active": "true", "draft": None}.get(
            status or "", "false"
        )
    return SourceRow(table, KEY, {**columns, column: stored})


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("shape", "column", "stored"), UNREADABLE)
def test_what_cannot_be_read_is_reported_whatever_the_status(
    shape: str, column: str, stored: str, status: str | None
) -> None:
    source = row(shape, column, stored, status)
    made = moved(source, tables_of(shape)["workflows"], TENANCY)
    assert "GRAPH_UNDECODABLE" in {reason["code"] for reason in made.reasons}
    assert [workflow["status"] for workflow in made.rows.get("workflows", ())] in (
        [],
        ["draft"],
        ["paused"],
        ["archived"],
    )
    assert differences(source, made) == []
    assert list(unread(source.columns)) == [column]


@pytest.mark.parametrize(("shape", "column", "stored"), EMPTY)
def test_what_is_empty_is_no_alarm(shape: str, column: str, stored: str | None) -> None:
    source = row(shape, column, stored)
    made = moved(source, tables_of(shape)["workflows"], TENANCY)
    assert "GRAPH_UNDECODABLE" not in {reason["code"] for reason in made.reasons}
    assert list(unread(source.columns)) == []
    assert differences(source, made) == []


@pytest.mark.parametrize(("shape", "column", "stored"), UNREADABLE)
def test_the_prover_finds_what_translation_kept_quiet_about(shape: str, column: str, stored: str) -> None:
    source = row(shape, column, stored)
    made = moved(source, tables_of(shape)["workflows"], TENANCY)
    quiet = replace(made, reasons=tuple(item for item in made.reasons if item["code"] not in ("GRAPH_UNDECODABLE", "ENTRY_UNREADABLE")))  # fmt: skip
    [target] = as_targets(made)["workflows"]
    plain = Row("workflows", KEY, GYM, dict(source.columns))
    found = list(compare_graph(plain, as_stored(quiet), target, lambda _: []))
    assert [(item.kind, item.column) for item in found] == [
        (DifferenceKind.GRAPH_UNREAD, f"workflows.{column}")
    ]


@pytest.mark.parametrize("table", ["workflow_versions", "workflow_templates"])
@pytest.mark.parametrize("stored", [stored for shape, _, stored in UNREADABLE if shape == "B"])
def test_copies_of_graphs_are_held_to_the_same(table: str, stored: str) -> None:
    beside: dict[str, Any] = {"workflow": ({"id": KEY, "organization_id": GYM, "name": "Welcome"},)}
    columns = {
        "id": KEY,
        "organization_id": GYM,
        "workflow_id": KEY,
        "version": "2",
        "name": "x",
        "workflow_data": stored,
    }
    source = SourceRow(table, KEY, columns, beside)
    made = moved(source, tables_of("B")[table], TENANCY)
    assert "GRAPH_UNDECODABLE" in {reason["code"] for reason in made.reasons}
    assert differences(source, made) == []


def test_a_lost_node_of_a_template_is_found() -> None:
    columns = {"id": KEY, "organization_id": GYM, "name": "x", "workflow_data": json.dumps({"nodes": [NODE]})}
    source = SourceRow("workflow_templates", KEY, columns)
    made = moved(source, tables_of("B")["workflow_templates"], TENANCY)
    assert differences(source, made) == []
    emptied = {
        **made.rows["workflow_templates"][0],
        "definition": '{"nodes": [], "triggers": [], "edges": []}',
    }
    kinds = {item.kind for item in differences(source, replace(made, rows={"workflow_templates": [emptied]}))}
    assert DifferenceKind.NODE_LOST in kinds


def test_nodes_written_as_texts_are_nodes() -> None:
    assert [graph.node_ids for graph in graphs_of({"nodes": json.dumps([json.dumps(NODE)])})] == [["a"]]
