"""Steps that stand inside a step: a condition's branches, a loop's body, a switch's cases. None vanishes."""

import json
from typing import Any

import pytest
from legacy_rows import action_node, change_codes, codes, edge, logic_node, record, trigger_node

from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.records import Translation
from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.nodes.catalogue import load_catalogue

TRUE = {"field": "status", "operator": "equals", "value": "new"}


def step_changes(found: Translation) -> set[str]:
    """What changes about the steps; that nothing ever started these rows is said by tests of its own."""
    return {code for code in change_codes(found) if not code.startswith("TRIGGER_")}


def sms(message: str, **more: Any) -> dict[str, Any]:
    return {"type": "send_sms", "config": {"message": message}, **more}


def linear(*steps: dict[str, Any], shape: str = "C") -> Translation:
    switch = {"C": {"active": "true"}, "D": {"status": "active"}}[shape]
    return translate_or_raise(
        record(shape, **switch, trigger_type="new_lead", actions=list(steps)), None, load_catalogue()
    )


def drawn(*nodes: dict[str, Any], edges: list[dict[str, Any]]) -> Translation:
    return translate_or_raise(record(nodes=[trigger_node(), *nodes], edges=edges), None, load_catalogue())


def paths(translation: Translation) -> set[tuple[str, str, str]]:
    """Edges with messages for names, where a node has one."""
    workflow = whole(translation)
    names = {node.id: str(node.parameters.get("message", node.id)) for node in workflow.nodes}
    return {(names.get(e.source, e.source), e.source_port, names[e.target]) for e in workflow.edges}


def whole(translation: Translation) -> Workflow:
    assert translation.workflow is not None
    return translation.workflow


@pytest.mark.parametrize(
    ("yes", "no"),
    [("then", "else"), ("trueBranch", "falseBranch"), ("thenActions", "elseActions"), ("onTrue", "onFalse")],
)
def test_branches_of_a_condition_are_nodes_on_its_ports(yes: str, no: str) -> None:
    found = linear(
        {"type": "condition", "config": {**TRUE, yes: [sms("a"), sms("b")], no: sms("c")}}, sms("d")
    )
    assert paths(found) == {
        ("trigger", "main", "step-1"), ("step-1", "true", "a"), ("a", "main", "b"), ("b", "main", "d"),
        ("step-1", "false", "c"), ("c", "main", "d"),
    }  # fmt: skip
    assert (found.status, step_changes(found)) == ("active", {"NESTED_STEPS_UNFOLDED"})


def test_one_branch_alone_leaves_the_other_outcome_as_it_was() -> None:
    found = linear({"type": "condition", "config": {**TRUE, "then": [sms("a")]}}, sms("d"))
    assert paths(found) == {
        ("trigger", "main", "step-1"), ("step-1", "true", "a"), ("a", "main", "d"), ("step-1", "false", "d"),
    }  # fmt: skip


def test_a_drawn_condition_goes_through_its_nested_steps_first() -> None:
    nested = [{"id": "n", "type": "action", "data": {"actionType": "send_sms", "config": {"message": "x"}}}]
    condition = logic_node("condition", **TRUE, trueBranch=json.dumps(nested), falseBranch="a")
    edges = [edge("t", "l"), edge("l", "a", "true"), edge("l", "a", "false")]
    found = drawn(condition, action_node("send_sms", message="Hi"), edges=edges)
    assert paths(found) == {("t", "main", "l"), ("l", "true", "x"), ("x", "main", "Hi"), ("l", "false", "Hi")}
    assert whole(found).nodes[0].parameters["extra"] == {"falseBranch": "a"}
    assert "NESTED_STEPS_KEPT" not in codes(found)


@pytest.mark.parametrize("key", ["body", "loopBody", "steps", "actions"])
def test_the_body_of_a_loop(key: str) -> None:
    inner = {"type": "condition", "config": {**TRUE, "then": [sms("b")]}}
    found = linear({"type": "loop", "config": {"iterations": 3, key: [sms("a"), inner]}}, sms("d"))
    assert paths(found) == {
        ("trigger", "main", "step-1"), ("step-1", "body", "a"), ("a", "main", "step-1~body-2"),
        ("step-1~body-2", "true", "b"), ("step-1", "done", "d"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "cases",
    [
        [{"value": "new", "steps": [sms("a")]}, {"value": "old"}],
        {"new": [sms("a")], "old": "old"},
        {"new": {"value": "new", "actions": [sms("a")]}, "old": {"value": "old"}},
    ],
)
def test_cases_of_a_switch(cases: Any) -> None:
    found = linear(
        {"type": "switch", "config": {"field": "status", "cases": cases, "default": [sms("z")]}}, sms("d")
    )
    assert paths(found) == {
        ("trigger", "main", "step-1"), ("step-1", "new", "a"), ("a", "main", "d"), ("step-1", "old", "d"),
        ("step-1", "default", "z"), ("z", "main", "d"),
    }  # fmt: skip
    assert [case["value"] for case in whole(found).nodes[0].parameters["cases"]] == ["new", "old"]


@pytest.mark.parametrize(
    "odd", ["welcome", {"odd": 1}, [1, 2], [["a"]], 7, True, ["x", {"type": "send_sms"}]]
)
def test_what_is_no_list_of_steps_is_kept_reported_and_never_executed(odd: Any) -> None:
    found = linear({"type": "condition", "config": {**TRUE, "then": odd}}, sms("d"))
    assert whole(found).nodes[0].parameters["extra"] == {"then": odd}
    assert "NESTED_STEPS_KEPT" in codes(found)
    assert found.status == "paused"


@pytest.mark.parametrize(
    "step",
    [
        {"type": "parallel", "config": {"branches": [[sms("a")], [sms("b")]]}},
        {"type": "send_sms", "config": {"message": "Hi", "onSuccess": [sms("a")]}},
        {"type": "wait", "config": {"duration": 1, "unit": "days", "onTimeout": {"steps": [sms("a")]}}},
    ],
)
def test_steps_in_any_other_setting_are_reported(step: dict[str, Any]) -> None:
    found = linear(step, shape="D")
    assert "NESTED_STEPS_KEPT" in codes(found)
    assert found.status == "paused"
    assert "'a'" in str(whole(found).nodes[0].parameters["extra"])


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_empty_branches_are_nothing(empty: Any) -> None:
    found = linear({"type": "condition", "config": {**TRUE, "trueBranch": empty, "falseBranch": empty}})
    assert (codes(found), step_changes(found)) == (set(), set())


def test_ids_are_kept_where_they_are_free() -> None:
    inside = [sms("a", id="mine"), sms("b", id="step-1"), sms("c")]
    found = linear({"type": "condition", "id": "step-1", "config": {**TRUE, "then": inside}})
    assert [node.id for node in whole(found).nodes] == ["step-1", "mine", "step-1~true-2", "step-1~true-3"]
    assert whole(found).nodes[2].parameters["extra"] == {"id": "step-1"}
