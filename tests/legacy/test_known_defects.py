"""Defects of the earlier migration (facts: mapping, D16 to D27, D44) that ours must not repeat, by their numbers."""

import pytest
from legacy_rows import (
    ORGANIZATION,
    ROW,
    WORKFLOW,
    action_node,
    change_codes,
    codes,
    edge,
    record,
    text_of,
    trigger_node,
)

from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.graph.rows import category_of
from atlas_workflows.legacy.records import LegacyWorkflow, Outcome, SourceRow, Tenancy
from atlas_workflows.legacy.source.shapes import Shape
from atlas_workflows.legacy.source.tables import source_tables
from atlas_workflows.legacy.translate import translate_or_raise

NODES = [trigger_node(), action_node("send_sms", message="Hi")]
EDGES = [edge("t", "a")]
TENANCY = Tenancy(frozenset({ORGANIZATION}))


def rows_of(letter: str, **columns: object) -> dict[str, list[dict[str, object]]]:
    shape = Shape(letter, "organization_id", (), False, (), frozenset())
    row = {
        "id": WORKFLOW,
        "organization_id": ORGANIZATION,
        "name": "W",
        "status": "active",
        **{k: text_of(v) for k, v in columns.items()},
    }
    return source_tables(shape)[0].rows(SourceRow("workflows", WORKFLOW, row), TENANCY).rows


@pytest.mark.parametrize("version", [None, "1", "2", "17"])
def test_d16_the_edit_counter_is_no_mark_of_being_migrated(version: str | None) -> None:
    rows = rows_of(
        "B", workflow_data={"nodes": NODES, "edges": EDGES}, version=version, trigger_type="new_lead"
    )
    definition = loads(rows["workflows"][0]["definition"])
    assert [node["type"] for node in definition["nodes"]] == ["send_sms"]
    assert "version" not in rows["workflows"][0]


@pytest.mark.parametrize("nodes", [None, "null", '"[]"', "{}", '"text"', "5"])
def test_d17_nothing_passes_as_migrated_without_having_been_converted(nodes: str | None) -> None:
    translation = translate_or_raise(record(nodes=nodes, edges="[]", trigger_type="new_lead"))
    assert translation.outcome is not Outcome.MIGRATED
    assert codes(translation) & {"ACTIVE_WITHOUT_NODES", "GRAPH_UNDECODABLE"}
    assert translation.status != "active" or translation.workflow is None


def test_d18_a_trigger_that_lives_in_the_node_only_is_found_and_mapped() -> None:
    rows = rows_of(
        "A",
        nodes=[trigger_node("website_form"), trigger_node("new_lead", "u"), NODES[1]],
        edges=[*EDGES, edge("u", "a")],
    )
    assert [row["trigger_type"] for row in rows["workflow_triggers"]] == ["form_submitted", "lead_created"]
    assert all(row["trigger_name"] for row in rows["workflow_triggers"])


@pytest.mark.parametrize("status", [None, "", "inactive", "active"])
def test_d19_no_trigger_is_ever_switched_on_by_the_migration(status: str | None) -> None:
    rows = rows_of("A", nodes=NODES, edges=EDGES, status=status)
    assert [row["is_active"] for row in rows["workflow_triggers"]] == [False]
    assert (rows["workflows"][0]["status"] == "active") is (status == "active")


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("scheduled", "scheduling"),
        ("webhook", "external"),
        ("new_lead", "lead_management"),
        ("member.joined", "membership"),
        ("booking.created", "booking"),
        ("manual", "manual"),
        ("full_moon", "custom"),
    ],
)
def test_d20_aliases_have_a_category(kind: str, category: str) -> None:
    workflow = translate_or_raise(record(nodes=[trigger_node(kind)], edges=[])).workflow
    assert workflow is not None
    assert category_of(workflow) == category


def test_d21_variables_lose_neither_values_nor_the_secret_flag() -> None:
    stored = [
        {"name": "a", "value": "first"},
        {"name": "a", "type": "text", "value": "second"},
        {"name": "key", "value": "hush", "isSecret": True},
    ]
    rows = rows_of("A", nodes=NODES, edges=EDGES, variables=stored)["workflow_variables"]
    assert [(row["name"], row["data_type"], row["default_value"]) for row in rows[:2]] == [
        ("a", "string", '"first"'),
        ("a_2", "string", '"second"'),
    ]
    assert rows[2]["is_secret"] is True
    assert loads(rows[2]["default_value"]) == {"$secret": rows[2]["secret_id"]}


def test_d21_tags_as_a_text_fail_nothing() -> None:
    rows = rows_of("B", workflow_data={"nodes": NODES, "edges": EDGES, "tags": "vip, new"})
    assert rows["workflows"][0]["tags"] == ["vip", "new"]


def test_d22_more_failures_than_executions_fail_nothing() -> None:
    rows = rows_of(
        "A",
        nodes=NODES,
        edges=EDGES,
        total_executions="1",
        successful_executions="0",
        failed_executions="99999",
    )
    assert rows["workflows"][0]["failed_executions"] == 99999
    assert loads(rows["workflows"][0]["legacy_reported"])["failed_executions"] == "99999"


def test_d25_times_are_those_of_the_source() -> None:
    at = "2024-02-29 23:59:59.999999+00"
    row = rows_of("A", nodes=NODES, edges=EDGES, created_at=at, updated_at=at, last_run_at=at)["workflows"][0]
    assert (row["created_at"], row["updated_at"], row["last_run_at"]) == (at, at, at)


def test_d27_nodes_that_are_no_objects_stop_nothing() -> None:
    translation = translate_or_raise(record(nodes=[NODES[0], None, "text", 5, NODES[1]], edges=EDGES))
    assert translation.workflow is not None
    assert [node.id for node in translation.workflow.nodes] == ["a"]
    assert {"NULL_ENTRY_DROPPED", "ENTRY_UNREADABLE"} <= codes(translation)


def test_d28_a_workflow_and_its_triggers_have_ids_that_a_repeat_gives_again() -> None:
    columns = {"nodes": NODES, "edges": EDGES, "variables": {"a": 1}}
    assert rows_of("A", **columns) == rows_of("A", **columns)


def test_what_waits_for_a_signature_is_not_active() -> None:
    wait = {
        "id": "a",
        "type": "wait",
        "position": {"x": 1, "y": 1},
        "data": {"config": {"duration": 2, "unit": "days"}},
    }
    row = rows_of("A", nodes=[NODES[0], wait], edges=EDGES)["workflows"][0]
    assert (row["status"], row["intended_status"], row["awaiting_sign_off"]) == ("paused", "active", True)
    plain = rows_of("A", nodes=NODES, edges=EDGES)["workflows"][0]
    assert (plain["status"], plain["intended_status"], plain["awaiting_sign_off"]) == (
        "active",
        "active",
        False,
    )


def test_d44_single_escaping_is_never_undone_silently() -> None:
    legacy: LegacyWorkflow = record(
        nodes=NODES, edges=EDGES, name="A &lt;b&gt; C", description="x &amp;amp; y"
    )
    workflow = translate_or_raise(legacy).workflow
    assert workflow is not None
    assert (workflow.name, workflow.description) == ("A &lt;b&gt; C", "x & y")
    assert change_codes(translate_or_raise(legacy)) == set()
    assert ROW not in repr(workflow)
