"""The classes of dirt of the legacy contract, section 9, each put right or reported."""

import json
from typing import Any

import pytest
from legacy_rows import (
    AT,
    WORKFLOW,
    action_node,
    change_codes,
    codes,
    edge,
    logic_node,
    only_node,
    record,
    translated,
    trigger_node,
)

from atlas_workflows.legacy.records import Outcome
from atlas_workflows.legacy.translate import translate_or_raise

NODES = [trigger_node(), action_node("send_sms", message="Hi")]
EDGES = [edge("t", "a")]
DATA = {"nodes": NODES, "edges": EDGES}
KEYED = {
    "nodes": {n["id"]: {k: v for k, v in n.items() if k != "id"} for n in NODES},
    "edges": {"e1": EDGES[0]},
}


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"nodes": NODES, "edges": EDGES}, None),
        ({"nodes": json.dumps(json.dumps(NODES)), "edges": EDGES}, "GRAPH_DOUBLE_ENCODED"),
        ({"nodes": json.dumps(json.dumps(json.dumps(NODES))), "edges": json.dumps(json.dumps(EDGES))}, "GRAPH_DOUBLE_ENCODED"),
        ({"nodes": KEYED["nodes"], "edges": KEYED["edges"]}, "GRAPH_REWRAPPED"),
        ({"nodes": [NODES[0], None, NODES[1]], "edges": [None, *EDGES]}, "NULL_ENTRY_DROPPED"),
        ({"nodes": [json.dumps(NODES[0]), NODES[1]], "edges": EDGES}, "GRAPH_DOUBLE_ENCODED"),
        ({"workflow_data": DATA}, None),
        ({"workflow_data": {"workflowData": DATA}}, "GRAPH_REWRAPPED"),
        ({"workflow_data": {"workflowData": {"workflowData": DATA}}}, "GRAPH_REWRAPPED"),
        ({"workflow_data": json.dumps(json.dumps(DATA))}, "GRAPH_DOUBLE_ENCODED"),
        ({"workflow_data": {"nodes": json.dumps(NODES), "edges": json.dumps(EDGES)}}, "GRAPH_DOUBLE_ENCODED"),
        ({"workflow_data": DATA, "nodes": NODES, "edges": EDGES}, None),
        ({"workflow_data": DATA, "nodes": "[]", "edges": "[]"}, None),
        ({"workflow_data": DATA, "nodes": NODES, "edges": None}, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["A", "B"])
def test_class_1_every_way_to_store_a_graph(shape: str, columns: dict[str, Any], code: str | None) -> None:
    translation = translate_or_raise(record(shape, **columns))
    assert translation.workflow is not None
    assert [n.id for n in translation.workflow.nodes] == ["a"]
    assert [(e.source, e.target) for e in translation.workflow.edges] == [("t", "a")]
    assert code in codes(translation) if code else codes(translation) == set()


@pytest.mark.parametrize("stored", [None, "null", "[]", '"[]"', "{}"])
def test_class_1_an_empty_graph_is_empty(stored: str | None) -> None:
    translation = translate_or_raise(record(nodes=stored, edges=stored, status="draft"))
    assert translation.workflow is not None
    assert translation.workflow.nodes == ()


def test_class_1_a_list_of_steps_is_a_chain() -> None:
    steps = [
        {"type": "send_sms", "config": {"message": "Hi"}},
        {"type": "wait", "config": {"duration": 1, "unit": "minutes"}},
    ]
    translation = translate_or_raise(record("B", workflow_data=steps, trigger_type="new_lead"))
    assert translation.workflow is not None
    assert [n.type for n in translation.workflow.nodes] == ["send_sms", "wait"]
    assert [(e.source, e.target) for e in translation.workflow.edges] == [
        ("step-1", "step-2"),
        ("trigger", "step-1"),
    ]


@pytest.mark.parametrize(("shape", "winner"), [("A", "Hi"), ("B", "Other")])
def test_two_graphs_that_disagree_are_reported_and_precedence_decides(shape: str, winner: str) -> None:
    other = {"nodes": [NODES[0], action_node("send_sms", message="Other")], "edges": EDGES}
    translation = translate_or_raise(record(shape, nodes=NODES, edges=EDGES, workflow_data=other))
    assert "GRAPHS_DISAGREE" in codes(translation)
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["message"] == winner


@pytest.mark.parametrize("stored", ["7", '"no graph"', "true", '"[{"'])
def test_an_undecodable_graph_is_quarantined_unless_nobody_uses_it(stored: str) -> None:
    assert translate_or_raise(record(nodes=stored, edges="[]")).outcome is Outcome.QUARANTINED
    assert "GRAPH_UNDECODABLE" in codes(translate_or_raise(record(nodes=stored, edges="[]")))
    assert translate_or_raise(record(nodes=stored, edges="[]", status="draft")).workflow is not None


def test_class_6_node_ids() -> None:
    nodes = [
        trigger_node(),
        action_node("send_sms", "a", message="1"),
        action_node("send_sms", "a", message="2"),
        {**action_node("send_sms", message="3"), "id": None},
        {"type": "action", "data": {"actionType": "send_sms", "config": {"message": "4"}}},
    ]
    translation = translate_or_raise(record(nodes=nodes, edges=EDGES))
    assert translation.workflow is not None
    assert [(n.id, n.parameters["message"]) for n in translation.workflow.nodes] == [
        ("a", "1"),
        ("a~2", "2"),
        ("node-4", "3"),
        ("node-5", "4"),
    ]
    assert {"NODE_ID_DUPLICATE", "NODE_ID_MISSING"} <= codes(translation)
    assert translate_or_raise(record(nodes=nodes, edges=EDGES)) == translation


@pytest.mark.parametrize(
    "where",
    [None, {}, {"x": "NaN", "y": 1}, {"x": None, "y": 1}, {"x": "left", "y": 1}, "3,4", {"x": True, "y": 1}],
)
def test_class_6_positions_that_cannot_be_used(where: Any) -> None:
    node = {**action_node("send_sms", message="x"), "position": where}
    assert only_node(node).position is None
    assert "POSITION_UNUSABLE" in codes(translated(node))


@pytest.mark.parametrize(
    ("where", "x", "y"), [({"x": "12.5", "y": -3}, 12.5, -3.0), ({"x": 10000, "y": 2}, 10000.0, 2.0)]
)
def test_class_6_and_7_positions_that_can(where: Any, x: float, y: float) -> None:
    node = {**action_node("send_sms", message="x"), "position": where}
    position = only_node(node).position
    assert position is not None
    assert (position.x, position.y) == (x, y)
    assert ("POSITION_CLAMPED" in codes(translated(node))) is (x == 10000)


@pytest.mark.parametrize(
    ("config", "extra", "code"),
    [
        (["tag", "vip"], ["tag", "vip"], "NODE_CONFIG_MALFORMED"),
        ("words", "words", "NODE_CONFIG_MALFORMED"),
        (7, 7, "NODE_CONFIG_MALFORMED"),
    ],
)
def test_class_6_config_of_another_form_is_kept(config: Any, extra: Any, code: str) -> None:
    node = {"id": "a", "type": "action", "position": AT, "data": {"actionType": "add_tag", "config": config}}
    assert only_node(node).parameters == {"extra": {"config": extra}}
    assert code in codes(translated(node))


def test_class_6_config_in_a_string_is_read() -> None:
    node = {
        "id": "a",
        "type": "action",
        "position": AT,
        "data": {"actionType": "add_tag", "config": '{"tag": "vip"}'},
    }
    assert only_node(node).parameters == {"tags": ["vip"]}


@pytest.mark.parametrize("data", [None, [], "x"])
def test_class_6_missing_data(data: Any) -> None:
    translation = translated({"id": "a", "type": "email", "position": AT, "data": data})
    assert "NODE_DATA_MISSING" in codes(translation)
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].type == "send_email"


@pytest.mark.parametrize(
    ("stored", "name", "code"),
    [
        ("Tom &amp;amp; Co", "Tom & Co", "NAME_UNESCAPED"), ("Tom &amp;amp;amp;amp; Co", "Tom & Co", "NAME_UNESCAPED"),
        ("a &amp;lt;b&amp;gt;", "a <b>", "NAME_UNESCAPED"), ("Europe&amp;#x2F;London", "Europe/London", "NAME_UNESCAPED"),
        ("Tom &amp; Co", "Tom &amp; Co", "HTML_ESCAPED"), ("Tom & Co", "Tom & Co", None), ("R&D; x", "R&D; x", None),
        ("Łódź 👩‍👩‍👧 مرحبا", "Łódź 👩‍👩‍👧 مرحبا", None), ("cafe\u0301", "cafe\u0301", None),
        ("", "Untitled workflow", "NAME_MISSING"), (None, "Untitled workflow", "NAME_MISSING"),
    ],
)  # fmt: skip
def test_class_7_and_14_names(stored: str | None, name: str, code: str | None) -> None:
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, name=stored))
    assert translation.workflow is not None
    assert translation.workflow.name == name
    assert codes(translation) == ({code} if code else set())


@pytest.mark.parametrize(
    ("text", "damaged"),
    [
        ("pHi/p", True), ("h1Welcome/h1pText/p", True), ("https://a.example/x?c5", True), ("https://a.example/x?id=5&c5", True),
        ("<p>Hi</p>", False), ("please call us", False), ("https://a.example/x?id=5", False), ("https://a.example/path", False),
        ("either/or", False), ("9am/b and so on", False),
    ],
)  # fmt: skip
def test_class_7_traces_of_the_sanitiser(text: str, damaged: bool) -> None:
    assert (
        "SANITISER_DAMAGE" in codes(translated(action_node("send_email", body=text, subject="x")))
    ) is damaged


def test_class_7_lists_and_objects_cut_at_the_limit() -> None:
    assert "POSSIBLY_TRUNCATED" in codes(
        translated(action_node("add_tags", tags=[f"t{i}" for i in range(1000)]))
    )
    assert "POSSIBLY_TRUNCATED" in codes(
        translated(action_node("add_tags", tag="a", **{f"k{i}": i for i in range(99)}))
    )
    assert "POSSIBLY_TRUNCATED" not in codes(
        translated(action_node("add_tags", tags=[f"t{i}" for i in range(999)]))
    )


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"status": None}, "draft", "STATUS_MISSING"), ({"status": "inactive"}, "paused", "STATUS_UNKNOWN"),
        ({"status": "sleeping"}, "paused", "STATUS_UNKNOWN"), ({"status": "archived"}, "archived", None),
        ({"status": "active", "is_active": "false"}, "paused", "STATUS_CONFLICT"),
        ({"status": "draft", "is_active": "true"}, "draft", "STATUS_CONFLICT"),
        ({"status": "active", "is_active": "true"}, "active", None),
    ],
)  # fmt: skip
def test_class_9_status(columns: dict[str, Any], status: str, code: str | None) -> None:
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, **columns))
    assert translation.status == status
    assert codes(translation) == ({code} if code else set())


def test_class_9_active_without_nodes_stays_off() -> None:
    translation = translate_or_raise(record(nodes="[]", edges="[]", trigger_type="new_lead"))
    assert translation.status == "paused"
    assert "ACTIVE_WITHOUT_NODES" in codes(translation)


@pytest.mark.parametrize(
    ("columns", "counters", "code"),
    [
        ({"total_executions": "5", "successful_executions": "3", "failed_executions": "2"}, (5, 3, 2), None),
        ({"total_executions": "5", "successful_executions": "9", "failed_executions": "7"}, (5, 9, 7), "COUNTERS_INCONSISTENT"),
        ({"total_executions": None, "successful_executions": None, "failed_executions": None}, (None, None, None), None),
        ({"total_executions": "-1"}, (None, None, None), "COUNTER_INVALID"),
        ({"stats": {"totalExecutions": 4, "successfulExecutions": 4, "failedExecutions": 0}}, (4, 4, 0), None),
        ({"execution_count": "12"}, (12, None, None), None),
    ],
)  # fmt: skip
def test_class_11_counters(
    columns: dict[str, Any], counters: tuple[int | None, ...], code: str | None
) -> None:
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, **columns))
    assert tuple(translation.counters.values()) == counters
    assert codes(translation) == ({code} if code else set())


@pytest.mark.parametrize(
    ("stored", "tags", "code"),
    [
        (["a", "b", "a"], ("a", "b"), None), ("a, b", ("a", "b"), "TAGS_MALFORMED"), (["a", None, 5], ("a", "5"), "TAGS_MALFORMED"),
        (None, (), None), ([], (), None), ({"a": 1}, (), "TAGS_MALFORMED"),
    ],
)  # fmt: skip
def test_class_13_tags(stored: Any, tags: tuple[str, ...], code: str | None) -> None:
    translation = translate_or_raise(record("B", workflow_data={**DATA, "tags": stored}))
    assert translation.workflow is not None
    assert translation.workflow.tags == tags
    assert codes(translation) == ({code} if code else set())


def test_class_13_an_array_column() -> None:
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, tags='{vip,"a, b",NULL}'))
    assert translation.workflow is not None
    assert translation.workflow.tags == ("vip", "a, b")


def test_class_14_what_jsonb_cannot_hold_is_made_visible() -> None:
    inner = '{"nodes":[{"id":"t","type":"trigger","data":{"actionType":"manual"}},{"id":"a","type":"sms","position":{"x":1,"y":1},"data":{"config":{"message":"a\\u0000b\\ud800c"}}}],"edges":[{"id":"e","source":"t","target":"a"}]}'
    translation = translate_or_raise(record("B", workflow_data=json.dumps(inner)))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["message"] == "a\u2400b\ufffdc"
    assert "TEXT_NOT_STORABLE" in codes(translation)


def test_a_query_copy_that_disagrees_is_reported() -> None:
    same = ({"node_id": "t", "node_type": "trigger"}, {"node_id": "a", "node_type": "action"})
    assert "NODE_COPY_DISAGREES" not in codes(
        translate_or_raise(record("B", node_rows=same, workflow_data=DATA))
    )
    assert "NODE_COPY_DISAGREES" in codes(
        translate_or_raise(record("B", node_rows=same[:1], workflow_data=DATA))
    )


def test_a_workflow_translates_to_its_own_id_and_its_settings() -> None:
    stored = {"errorHandling": "continue", "maxExecutionTime": 600, "timezone": "Europe&#x2F;London", "priority": "high",
              "notifications": {"onError": False, "onComplete": True, "notifyEmails": ["a@b.example"]}}  # fmt: skip
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, settings=stored))
    assert translation.workflow is not None
    settings = translation.workflow.settings
    assert translation.workflow.id == WORKFLOW
    assert (settings.error_mode, settings.max_execution_seconds, settings.timezone, settings.priority) == (
        "continue",
        600.0,
        "Europe/London",
        8,
    )
    assert (settings.notify_on_error, settings.notify_on_complete, settings.notify_emails) == (
        False,
        True,
        ("a@b.example",),
    )


@pytest.mark.parametrize(("shape", "zone"), [("A", "Europe/London"), ("B", "America/New_York"), ("C", "UTC")])
def test_without_a_zone_each_shape_had_its_own_default(shape: str, zone: str) -> None:
    translation = translate_or_raise(record(shape, nodes=NODES, edges=EDGES, is_active="true"))
    assert translation.workflow is not None
    assert translation.workflow.settings.timezone == zone
    assert translation.workflow.settings.error_mode == "stop"


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ({"errorHandling": "rollback"}, "SETTING_INVALID"),
        ({"maxExecutionTime": 0}, "SETTING_INVALID"),
        ({"colour": 1}, "SETTING_NOT_CARRIED"),
        ({"concurrency": 3}, "SETTING_NOT_CARRIED"),
        ([1], "SETTING_INVALID"),
    ],
)
def test_settings_that_cannot_be_used_are_reported(stored: Any, code: str) -> None:
    assert code in codes(translate_or_raise(record(nodes=NODES, edges=EDGES, settings=stored)))


def test_workflow_conditions_in_settings_become_a_gate() -> None:
    stored = {"conditions": [{"field": "lead.status", "operator": "equals", "value": "new"}]}
    translation = translate_or_raise(record(nodes=NODES, edges=EDGES, settings=stored))
    assert translation.workflow is not None
    gate = translation.workflow.nodes[-1]
    assert gate.type == "filter"
    assert {(e.source, e.target) for e in translation.workflow.edges} == {("t", gate.id), (gate.id, "a")}


def test_loops_never_looped_and_waits_were_cut() -> None:
    assert "PLACEHOLDER_LOOP" in change_codes(
        translated(logic_node("loop", loopType="for_each", arrayPath="trigger.items"))
    )
    assert "WAIT_CAP_REMOVED" in change_codes(translated(logic_node("wait", duration=2, unit="days")))
    assert "WAIT_CAP_REMOVED" not in change_codes(translated(logic_node("wait", duration=2, unit="minutes")))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("variables", [{"name": "v", "type": {"a": 1}, "scope": [1], "description": {}}]),
        ("edges", [{"source": {"a": 1}, "target": ["b"], "sourceHandle": {}, "data": []}]),
        ("settings", {"timezone": {"a": 1}, "errorHandling": [], "priority": {}, "notifications": {"notifyEmails": {}}}),
        ("workflow_data", {"nodes": [], "edges": [{"source": {}, "target": {}}], "tags": {"a": []}}),
        ("nodes", [{"id": {"a": 1}, "type": ["x"], "position": {"x": 10**30, "y": {}}, "data": {"actionType": {}, "label": []}}]),
        ("nodes", [logic_node("transform", operations=[{"type": "aggregate", "output": "o", "source": "s", "function": {}}])]),
    ],
)  # fmt: skip
def test_values_of_another_kind_anywhere_end_in_a_verdict(column: str, value: Any) -> None:
    columns = {"nodes": NODES, "edges": EDGES, column: value}
    assert translate_or_raise(record(**columns)).reasons
