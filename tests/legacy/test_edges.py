"""Legacy edges: every handle to its port, dirt left out and reported, meanings that differed between engines."""

from typing import Any

import pytest
from legacy_rows import (
    action_node,
    change_codes,
    codes,
    edge,
    flat_node,
    logic_node,
    record,
    translated,
    trigger_node,
)

from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.records import Translation
from atlas_workflows.legacy.translate import translate_or_raise

CONDITION = {"field": "lead.status", "operator": "equals", "value": "new"}
A, B = action_node("add_note", "a", note="x"), action_node("add_note", "b", note="y")


def drawn(
    node: dict[str, Any], *edges: dict[str, Any], more: tuple[dict[str, Any], ...] = ()
) -> tuple[Workflow, Translation]:
    nodes = [trigger_node(), node, A, B, *more]
    translation = translate_or_raise(record(nodes=nodes, edges=[edge("t", node["id"]), *edges]))
    assert translation.workflow is not None
    return translation.workflow, translation


def ports(workflow: Workflow, source: str) -> list[tuple[str, str]]:
    return [(e.source_port, e.target) for e in workflow.edges if e.source == source]


@pytest.mark.parametrize(
    ("node", "handle", "port"),
    [
        (logic_node("condition", **CONDITION), "true", "true"), (logic_node("condition", **CONDITION), "false", "false"),
        (logic_node("condition", **CONDITION), "yes", "true"), (logic_node("condition", **CONDITION), "No", "false"),
        (logic_node("condition", **CONDITION), "branch-true", "true"),
        (logic_node("loop", iterations=2), "loop", "body"), (logic_node("loop", iterations=2), "loop-body", "body"),
        (logic_node("loop", iterations=2), "done", "done"), (logic_node("loop", iterations=2), "continue", "done"),
        (logic_node("parallel", branches=3), "branch-2", "branch-2"), (logic_node("parallel", branches=3), "branch_1", "branch-1"),
        (logic_node("switch", field="x", cases=[{"name": "web", "value": "1"}]), "web", "web"),
        (logic_node("switch", field="x", cases=[{"name": "web", "value": "1"}]), "1", "1"),
        (logic_node("switch", field="x", cases=[{"name": "web", "value": "1"}]), "default", "default"),
        (logic_node("switch", field="x", cases=[{"name": "web", "value": "1"}]), "case-0", "web"),
        (logic_node("filter", **CONDITION), "false", "rejected"), (logic_node("filter", **CONDITION), None, "main"),
        (action_node("send_sms", "l", message="x"), None, "main"), (action_node("send_sms", "l", message="x"), "output", "main"),
        (action_node("http_request", "l", url="https://a.example"), "error", "error"),
    ],
)  # fmt: skip
def test_every_handle_leads_to_its_port(node: dict[str, Any], handle: str | None, port: str) -> None:
    workflow, translation = drawn(node, edge("l", "a", handle))
    assert ports(workflow, "l") == [(port, "a")]
    assert "EDGE_PORT_UNKNOWN" not in codes(translation)


def test_the_branch_in_the_data_counts_where_there_is_no_handle() -> None:
    workflow, _ = drawn(logic_node("condition", **CONDITION), edge("l", "a", None, data={"branch": "false"}))
    assert ports(workflow, "l") == [("false", "a")]
    workflow, translation = drawn(
        logic_node("condition", **CONDITION), edge("l", "a", "true", data={"branch": "false"})
    )
    assert ports(workflow, "l") == [("true", "a")]
    assert "ALIASES_DISAGREE" in codes(translation)


def test_an_edge_without_an_outcome_follows_both_and_has_to_be_signed() -> None:
    workflow, translation = drawn(logic_node("condition", **CONDITION), edge("l", "a"))
    assert ports(workflow, "l") == [("true", "a"), ("false", "a")]
    assert "BRANCHLESS_EDGE" in change_codes(translation)
    assert len({e.id for e in workflow.edges}) == len(workflow.edges)


def test_the_label_engine_executed_both_branches() -> None:
    edges = (edge("l", "a", "true"), edge("l", "b", "false"))
    _, flat = drawn(flat_node("Check", "l", "condition", **CONDITION), *edges)
    assert "BOTH_BRANCHES_EXECUTED" in change_codes(flat)
    _, configured = drawn(logic_node("condition", **CONDITION), *edges)
    assert "BOTH_BRANCHES_EXECUTED" not in change_codes(configured)
    _, one_way = drawn(flat_node("Check", "l", "condition", **CONDITION), edges[0])
    # It went into whatever branch was drawn, so the one that was it took whatever the condition answered.
    assert "BOTH_BRANCHES_EXECUTED" in change_codes(one_way)


def test_a_handle_the_node_does_not_have_is_reported() -> None:
    workflow, translation = drawn(
        logic_node("switch", field="x", cases=[{"name": "web", "value": "1"}]), edge("l", "a", "moon")
    )
    assert ports(workflow, "l") == [("moon", "a")]
    assert "EDGE_PORT_UNKNOWN" in codes(translation)


def test_branches_without_handles_take_the_free_ports_in_order() -> None:
    workflow, translation = drawn(logic_node("parallel"), edge("l", "a"), edge("l", "b"))
    assert ports(workflow, "l") == [("branch-0", "a"), ("branch-1", "b")]
    assert "EDGE_PORT_UNKNOWN" in codes(translation)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"id": "e9", "source": "a", "target": "a"}, "EDGE_SELF_LOOP"), ({"id": "e9", "source": "a", "target": "ghost"}, "EDGE_DANGLING"),
        ({"id": "e9", "source": None, "target": "a"}, "EDGE_DANGLING"), ({"id": "e9", "source": "a", "target": "t"}, "EDGE_INTO_TRIGGER"),
        ({"id": "e9", "source": "t", "target": "a", "sourceHandle": None}, "EDGE_DUPLICATE"),
    ],
)  # fmt: skip
def test_edges_that_cannot_be_are_left_out_and_reported(bad: dict[str, Any], code: str) -> None:
    translation = translate_or_raise(record(nodes=[trigger_node(), A], edges=[edge("t", "a"), bad]))
    assert translation.workflow is not None
    assert [(e.source, e.target) for e in translation.workflow.edges] == [("t", "a")]
    assert code in codes(translation)


def test_missing_and_repeated_edge_ids_are_assigned_by_place() -> None:
    edges = [
        {"source": "t", "target": "a"},
        {"id": "e", "source": "a", "target": "b"},
        {"id": "e", "source": "t", "target": "b"},
    ]
    translation = translate_or_raise(record(nodes=[trigger_node(), A, B], edges=edges))
    assert translation.workflow is not None
    ids = [e.id for e in translation.workflow.edges]
    assert len(set(ids)) == 3
    assert "e" in ids
    assert "EDGE_ID_ASSIGNED" in codes(translation)


@pytest.mark.parametrize("operator", ["equals", "not_equals", "greater_than", "less_than", "contains"])
@pytest.mark.parametrize("key", ["operator", "type"])
def test_a_condition_on_an_edge_becomes_a_filter_between(operator: str, key: str) -> None:
    condition = {"field": "lead.score", key: operator, "value": "5"}
    workflow, translation = drawn(
        action_node("add_note", "l", note="n"), edge("l", "a", None, data={"condition": condition})
    )
    gate = next(node for node in workflow.nodes if node.type == "filter")
    assert gate.parameters["condition"]["field"] == "contact.score"
    assert ports(workflow, "l") == [("main", gate.id)]
    assert ports(workflow, gate.id) == [("main", "a")]
    assert "EDGE_CONDITION_KEPT" in codes(translation)


@pytest.mark.parametrize(("word", "port"), [("success", "main"), ("error", "error")])
def test_an_edge_for_success_or_error_is_a_port(word: str, port: str) -> None:
    for condition in (word, {"type": word}):
        workflow, _ = drawn(
            action_node("add_note", "l", note="n"), edge("l", "a", None, data={"condition": condition})
        )
        assert ports(workflow, "l") == [(port, "a")]


def test_a_cycle_is_found_and_keeps_the_workflow_off_but_a_loop_may_close_one() -> None:
    _, translation = drawn(action_node("add_note", "l", note="n"), edge("l", "a"), edge("a", "l"))
    assert "CYCLE_FOUND" in codes(translation)
    assert translation.status == "paused"
    _, looped = drawn(
        logic_node("loop", iterations=2), edge("l", "a", "loop"), edge("a", "l"), edge("l", "b", "done")
    )
    assert "CYCLE_FOUND" not in codes(looped)
    assert looped.status == "active"


def test_edges_lead_past_a_note_and_not_beyond_an_end() -> None:
    note = logic_node("note", "n", text="remember")
    workflow, translation = drawn(
        action_node("add_note", "l", note="n"), edge("l", "n"), edge("n", "a"), more=(note,)
    )
    assert ports(workflow, "l") == [("main", "a")]
    assert "NOTE_BYPASSED" in codes(translation)
    workflow, translation = drawn(logic_node("end"), edge("l", "a"))
    assert ports(workflow, "l") == []
    assert "EDGE_AFTER_END" in codes(translation)


def test_nodes_nothing_leads_to_are_switched_off_as_they_never_executed() -> None:
    translation = translate_or_raise(record(nodes=[trigger_node(), A, B], edges=[edge("t", "a")]))
    assert translation.workflow is not None
    assert [(node.id, node.enabled) for node in translation.workflow.nodes] == [("a", True), ("b", False)]
    assert "NODE_UNREACHABLE" in codes(translation)
    assert translation.status == "active"


def test_nodes_without_a_single_edge_are_reported_and_stay_off() -> None:
    translation = translate_or_raise(record(nodes=[trigger_node(), A], edges=None))
    assert "EDGES_MISSING" in codes(translation)
    assert translation.status == "paused"
    assert translated(A).status == "active"
