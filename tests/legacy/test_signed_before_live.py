"""Every change of meaning is recorded with its code, so that somebody signs it before the workflow goes live."""

from dataclasses import replace
from typing import Any

import pytest
from legacy_rows import (
    action_node,
    chain,
    change_codes,
    codes,
    edge,
    flat_node,
    logic_node,
    record,
    trigger_node,
)

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.evidence.seen import Evidence, Seen
from atlas_workflows.legacy.records import LegacyWorkflow, Row
from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.nodes.catalogue import load_catalogue

TAG = action_node("add_tag", "g", tag="x")
ASKS = {"field": "lead.status", "operator": "is_set"}
OFFER = {"name": "offer", "type": "string"}


def changes(legacy: LegacyWorkflow) -> set[str]:
    return change_codes(translate_or_raise(legacy, None, load_catalogue())) - {"TRIGGER_CANNOT_FIRE"}


def drawn(*nodes: dict[str, Any], edges: list[tuple[str, ...]], **columns: Any) -> LegacyWorkflow:
    """Nodes with edges as (source, target) or (source, target, handle), the trigger being t."""
    return record(nodes=[trigger_node(), *nodes], edges=[edge(*ends) for ends in edges], **columns)


def tags(*names: str) -> list[dict[str, Any]]:
    return [action_node("add_tag", name, tag=name) for name in names]


def forked(handles: tuple[str, ...] = ("true", "false"), **columns: Any) -> LegacyWorkflow:
    edges = [("t", "c"), *(("c", name, handle) for name, handle in zip("ab", handles, strict=False))]
    return drawn(logic_node("condition", "c", **ASKS), *tags("a", "b"), edges=edges, **columns)


def as_text(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "data": {**node["data"], "config": dumps_text(node["data"]["config"])}}


WEBHOOK = {"trigger_type": "webhook", "trigger_config": {"webhook_id": "w"}}
TWICE = drawn(*tags("a"), edges=[("t", "a"), ("t", "a")])
CASES: list[tuple[str, LegacyWorkflow, set[str]]] = [
    ("required without a value", chain(TAG, variables=[{**OFFER, "required": "yes"}]), {"VARIABLE_NOW_REQUIRED"}),
    ("required, as a flag", chain(TAG, variables=[{**OFFER, "is_required": True}]), {"VARIABLE_NOW_REQUIRED"}),
    ("required with a value", chain(TAG, variables=[{**OFFER, "required": "yes", "value": "x"}]), set()),
    ("not required", chain(TAG, variables=[{**OFFER, "required": "no"}]), set()),
    ("one name twice", chain(TAG, variables=[{**OFFER, "value": 1}, {**OFFER, "value": 2}]), {"VARIABLE_DUPLICATE"}),
    ("a name with a blank", chain(TAG, variables=[{"name": "our offer", "value": 1}]), {"VARIABLE_NAME_INVALID"}),
    ("a text", chain(action_node("send_sms", message="Hi {{firstName}}")), {"TEXT_WAS_NOT_FILLED"}),
    ("a text in brackets", chain(action_node("send_sms", message="Hi [first_name]")), {"TEXT_WAS_NOT_FILLED"}),
    ("nothing but a variable", chain(action_node("send_sms", message="{{firstName}}")), set()),
    ("nothing to fill in", chain(action_node("send_sms", message="Hi {{coach_name}}")), {"PLACEHOLDER_LEFT_EMPTY"}),
    ("a text by label", chain(flat_node("Send SMS", message="Hi {{firstName}}")), set()),
    ("a text behind a webhook", chain(action_node("send_sms", message="Hi {{firstName}}"), **WEBHOOK), set()),
    ("today", chain(action_node("send_sms", message="{{currentDate}}")), {"TEMPLATE_DATE_FORMAT"}),
    ("settings as text", chain(as_text(TAG)), {"SETTINGS_WERE_TEXT"}),
    ("a step as text", record(nodes=[trigger_node(), dumps_text(TAG)], edges=[edge("t", "g")]), {"SETTINGS_WERE_TEXT"}),
    ("no settings as text", chain(as_text(action_node("add_tag", "a")), TAG), set()),
    ("a trigger's as text", record(nodes=[as_text(trigger_node()), TAG], edges=[edge("t", "g")]), set()),
    ("both branches", forked(**WEBHOOK), {"BOTH_BRANCHES_EXECUTED"}),
    ("the one branch", forked(("true",), **WEBHOOK), {"BOTH_BRANCHES_EXECUTED"}),
    ("branches", forked(trigger_type="lead_created"), set()),
    ("an edge twice", TWICE, {"EXECUTED_PER_WAY"}),
    ("two ways to one step", drawn(*tags("a", "b"), edges=[("t", "a"), ("t", "b"), ("a", "b")]), {"EXECUTED_PER_WAY"}),
    ("conditions on edges", record(nodes=[trigger_node(), TAG], edges=[
        edge("t", "g", id="1", data={"condition": ASKS}), edge("t", "g", id="2", condition=ASKS),
    ]), {"EDGE_CONDITION_KEPT", "EXECUTED_PER_WAY"}),
    ("a way past a merge", drawn(*tags("a", "b"), logic_node("merge", "m"), edges=[
        ("t", "a"), ("a", "m"), ("m", "b"), ("t", "b"),
    ]), {"EXECUTED_PER_WAY"}),
    ("ways that are merged", drawn(*tags("a", "b", "c"), logic_node("merge", "m"), edges=[
        ("t", "a"), ("t", "b"), ("a", "m"), ("b", "m"), ("m", "c"),
    ]), set()),
    ("branches that meet", drawn(logic_node("condition", "c", **ASKS), *tags("a", "b", "d"), edges=[
        ("t", "c"), ("c", "a", "true"), ("c", "b", "false"), ("a", "d"), ("b", "d"),
    ]), set()),
    ("back to itself", drawn(TAG, edges=[("t", "g"), ("g", "g")]), {"CYCLE_BROKEN"}),
    ("back to the trigger", drawn(TAG, edges=[("t", "g"), ("g", "t")]), {"CYCLE_BROKEN"}),
    ("a filter", chain(logic_node("filter", "f", **ASKS), TAG), {"FILTER_WAS_PASSED"}),
    ("an end beside another way", drawn(*tags("a", "b"), logic_node("end", "e"), edges=[
        ("t", "a"), ("a", "e"), ("t", "b"),
    ]), {"END_ENDS_ALL"}),
    ("an end of the only way", chain(TAG, logic_node("end", "e")), set()),
    ("a case without an edge", drawn(
        logic_node("switch", "s", field="lead.status", cases=[{"name": "one", "value": "new"}]), TAG,
        edges=[("t", "s"), ("s", "g", "default")],
    ), {"CASE_WITHOUT_WAY"}),
    ("tried again", chain(TAG, settings={"errorHandling": "retry"}), {"ERROR_MODE_CHANGED"}),
    ("going on", chain(TAG, settings={"errorHandling": "continue"}), set()),
    ("a step that goes on", chain(action_node("add_tag", tag="x", continueOnError=True)), {"ERROR_MODE_CHANGED"}),
    ("a step like all", chain(
        action_node("add_tag", tag="x", continueOnError=True), settings={"errorHandling": "continue"}
    ), set()),
    ("a filter of events as text", chain(
        TAG, trigger_type="lead_created", trigger_config=dumps_text(dumps_text({"source": "web"}))
    ), {"SETTINGS_WERE_TEXT"}),
    ("no filter of events", chain(
        TAG, trigger_type="lead_created", trigger_config=dumps_text(dumps_text({"source": "all"}))
    ), set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("legacy", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_changes_for_customers_has_its_code(legacy: LegacyWorkflow, expected: set[str]) -> None:
    assert changes(legacy) == expected


def listed(type_: str, active: str) -> Row:
    row = {"id": None, "trigger_type": type_, "trigger_config": "{}", "is_active": active}
    return {**row, "last_triggered_at": None, "created_at": None}


@pytest.mark.parametrize(
    ("column", "seen", "by_hand", "expected"),
    [
        ("lead_created", Seen.FIRES, False, {"DISABLED_TRIGGER_FIRED"}),
        ("lead_created", Seen.SILENT, False, set()),  # it is off, and stays so
        ("lead.created", Seen.FIRES, False, set()),  # no door reached it
        ("manual", Seen.NOTHING, True, {"DISABLED_TRIGGER_FIRED"}),
    ],
)
def test_a_registered_trigger_that_is_off_and_fired_is_said_and_stays_off(
    column: str, seen: Seen, by_hand: bool, expected: set[str]
) -> None:
    data = {"nodes": [trigger_node(column), TAG], "edges": [edge("t", "g")]}
    legacy = record("B", triggers=(listed(column, "false"),), workflow_data=data, trigger_type=column)
    translation = translate_or_raise(replace(legacy, evidence=Evidence(seen, by_hand).to_row()))
    assert translation.workflow is not None
    [trigger] = translation.workflow.triggers
    assert change_codes(translation) == expected
    assert not trigger.enabled
    assert ("switched off" in trigger.notes) is bool(expected)


def test_by_hand_a_graph_without_a_trigger_node_failed_too() -> None:
    legacy = record(nodes=[TAG], edges=[], trigger_type="manual")
    assert change_codes(translate_or_raise(legacy)) == {"TRIGGER_CANNOT_FIRE"}


def test_an_action_whose_own_condition_cannot_be_read_does_not_act_for_everybody() -> None:
    translation = translate_or_raise(
        chain(action_node("add_tag", tag="x", conditions=[{"operator": "equals"}]))
    )
    assert translation.status == "paused"
    assert "TYPE_UNKNOWN_INACTIVE" in codes(translation)


def test_conditions_of_the_workflow_edges_and_waits_know_its_variables() -> None:
    asks = {"field": "offer", "operator": "is_set"}
    legacy = drawn(
        logic_node("wait", "w", waitType="until_condition", condition=asks), TAG,
        edges=[("t", "w")], variables=[{**OFFER, "value": "x"}], settings={"conditions": [asks]},
    )  # fmt: skip
    nodes, edges = legacy.columns["nodes"], [edge("t", "w"), edge("w", "g", data={"condition": asks})]
    found = translate_or_raise(
        record(nodes=nodes, edges=edges, variables=legacy.columns["variables"], settings={"conditions": asks})
    ).workflow
    assert found is not None
    by_id = {node.id: node.parameters for node in found.nodes}
    assert by_id["w"]["wait"]["condition"]["field"] == "variables.offer"
    assert {p["condition"]["field"] for p in by_id.values() if "condition" in p} == {"variables.offer"}


def test_what_stands_on_an_edge_from_a_note_is_not_lost() -> None:
    note = {"id": "n", "type": "note", "data": {"label": "n", "config": {"text": "hi"}}}
    edges = [edge("t", "n"), edge("n", "g", condition=ASKS), edge("n", "g", "error")]
    found = translate_or_raise(record(nodes=[trigger_node(), note, TAG], edges=edges)).workflow
    assert found is not None
    assert [node.type for node in found.nodes] == ["note", "add_tags", "filter"]
    assert {(one.source, one.target) for one in found.edges} == {
        ("t", found.nodes[2].id), (found.nodes[2].id, "g"),
    }  # fmt: skip
