"""Rules of translation that hold for any row: it never raises, is deterministic, and loses no value."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_rows import ORGANIZATION, ROW, action_node, edge, logic_node, record, trigger_node

from atlas_workflows.exact_json import dumps, dumps_text, loads
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.legacy.actions.fields import ACTION_FIELDS
from atlas_workflows.legacy.aliases import ACTIONS, LOGIC, TRIGGERS
from atlas_workflows.legacy.records import LegacyWorkflow, Outcome, Tenancy
from atlas_workflows.legacy.translate import translate, translate_or_raise
from atlas_workflows.legacy.triggers.fields import TRIGGER_FIELDS
from atlas_workflows.nodes.catalogue import load_catalogue

CATALOGUE = load_catalogue()
KEYS = sorted(
    {key for fields in (*ACTION_FIELDS.values(), *TRIGGER_FIELDS.values()) for _, keys, _ in fields for key in keys}
    | {"id", "type", "data", "config", "nodes", "edges", "source", "target", "sourceHandle", "label", "actionType",
       "subtype", "conditions", "operator", "field", "value", "duration", "unit", "variables", "name", "workflowData",
       "steps", "position", "x", "y", "cases", "branches", "mappings", "dueDate", "trigger_type", "isSecret"}
)  # fmt: skip
WORDS = st.sampled_from(
    [
        *ACTIONS,
        *LOGIC,
        *TRIGGERS,
        "trigger",
        "action",
        "a",
        "b",
        "true",
        "false",
        "done",
        "{{firstName}}",
        "=1+1",
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.text(max_size=12) | WORDS
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=25,
)
# PostgreSQL's text holds neither NUL nor half surrogates; JSON's escapes inside it may.
PLAIN = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=30)
ANY_TEXT = JSON.map(dumps_text) | PLAIN | JSON.map(lambda value: dumps_text(dumps_text(value))) | st.none()
COLUMNS = (
    "name", "description", "status", "is_active", "active", "nodes", "edges", "variables", "workflow_data", "actions",
    "conditions", "trigger_type", "trigger_config", "trigger_conditions", "settings", "stats", "tags",
    "total_executions", "failed_executions", "successful_executions", "template_id", "created_by",
)  # fmt: skip
SIDE_ROW = st.dictionaries(
    st.sampled_from(["id", "trigger_type", "trigger_config", "schedule_type", "schedule_config", "timezone", "endpoint_id", "secret",
                     "name", "is_active", "node_id", "node_type", "last_run_at"]),
    ANY_TEXT, max_size=6,
)  # fmt: skip
SIDE_ROWS = st.lists(SIDE_ROW, max_size=2).map(tuple)


@st.composite
def any_rows(draw: st.DrawFn) -> LegacyWorkflow:
    columns = draw(st.dictionaries(st.sampled_from(COLUMNS), ANY_TEXT, max_size=8))
    return LegacyWorkflow(
        draw(st.sampled_from("ABCDEFS")), "workflows", draw(st.sampled_from([ROW, "7", ""])),
        draw(st.sampled_from([ORGANIZATION, None, "x"])), columns,
        draw(SIDE_ROWS), draw(SIDE_ROWS), draw(SIDE_ROWS), (), draw(SIDE_ROWS),
    )  # fmt: skip


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(any_rows())
def test_any_json_in_any_column_ends_in_a_verdict(legacy: LegacyWorkflow) -> None:
    translation = translate_or_raise(legacy, None, CATALOGUE)
    assert (translation.workflow is None) == (translation.outcome is Outcome.QUARANTINED)
    assert translation.reasons or translation.outcome is not Outcome.QUARANTINED
    if translation.workflow is not None:
        document = loads(dumps(to_json(translation.workflow)))
        again, problems = parse(document)
        assert again is not None
        assert [p for p in problems if p.severity == "error"] == []
        assert [text for text in leaves(document) if isinstance(text, str) and "\x00" in text] == []
        assert len(translation.links) == len(translation.workflow.triggers)
        assert validate(translation.workflow, CATALOGUE) is not None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_rows())
def test_the_same_row_gives_the_same_translation(legacy: LegacyWorkflow) -> None:
    once, again = translate(legacy), translate(legacy)
    assert once == again
    if once.workflow is not None and again.workflow is not None:
        assert dumps(to_json(once.workflow)) == dumps(to_json(again.workflow))


NODE_TYPES = sorted((set(ACTIONS) | set(LOGIC)) - {"note", "set_variable"})
TOKEN = st.integers(min_value=0, max_value=10**6).map(lambda number: f"leaf{number:07d}")
LEAF = TOKEN | st.integers(min_value=10**12, max_value=10**24)
TREE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TOKEN, inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)
# Conditions, waits and schedules are put into other words; what they mean is tested where they are translated.
REWORDED = {
    "conditions",
    "condition",
    "breakCondition",
    "rules",
    "cases",
    "mappings",
    "operations",
    "transformations",
}
SETTINGS = st.dictionaries(
    st.sampled_from([key for key in KEYS if key not in REWORDED]) | TOKEN, TREE, max_size=6
)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NODE_TYPES), SETTINGS, st.booleans())
def test_no_value_of_a_node_is_lost(kind: str, config: dict[str, Any], flat: bool) -> None:
    node = (
        action_node(kind, **config)
        if not flat
        else {**action_node(kind), "data": {"actionType": kind, **config}}
    )
    translation = translate_or_raise(record(nodes=[trigger_node(), node], edges=[edge("t", "a")]))
    assert translation.workflow is not None
    kept = dumps_text(to_json(translation.workflow)) + "".join(secret.value for secret in translation.secrets)
    drawn = {"icon", "inputs", "outputs", "error", "isValid", "nodeType", "description"} if flat else set()
    missing = [
        leaf
        for key, item in config.items()
        if key not in drawn
        for leaf in leaves(item)
        if str(leaf) not in kept
    ]
    assert missing == []


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(set(TRIGGERS) - {"scheduled", "schedule", "scheduled_time", "fixed_date"})),
    SETTINGS,
)
def test_no_value_of_a_trigger_is_lost(kind: str, config: dict[str, Any]) -> None:
    legacy = record(nodes=[trigger_node(kind, **config)], edges=[], trigger_type=None, trigger_config={})
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    kept = dumps_text(to_json(translation.workflow)) + "".join(secret.value for secret in translation.secrets)
    assert [leaf for leaf in leaves(config) if str(leaf) not in kept] == []


def test_a_failure_nobody_foresaw_quarantines_the_row() -> None:
    deep = "[" * 3000 + "]" * 3000
    translation = translate(record(nodes=deep, edges="[]", settings=deep, variables=deep))
    assert translation.outcome in (Outcome.QUARANTINED, Outcome.MIGRATED_WITH_WARNINGS)
    broken = LegacyWorkflow("A", "workflows", ROW, ORGANIZATION, {"nodes": 5})  # type: ignore[dict-item]
    assert [str(reason.code) for reason in translate(broken).reasons] == ["TRANSLATION_FAILED"]
    assert translate(broken).holds_secret


def test_nesting_beyond_what_a_workflow_may_hold_is_quarantined() -> None:
    config: Any = "x"
    for _ in range(95):
        config = {"a": config}
    translation = translate_or_raise(
        record(nodes=[trigger_node(), action_node("send_sms", b=config)], edges=[])
    )
    assert translation.outcome is Outcome.QUARANTINED
    assert str(translation.reasons[-1].code) == "GRAPH_UNDECODABLE"


def test_a_row_of_ten_megabytes_takes_seconds_not_minutes() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 950_000
    translation = translate_or_raise(
        record(
            nodes=[trigger_node(), action_node("send_email", body=picture, subject="Hi")],
            edges=[edge("t", "a")],
        )
    )
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["body"] == picture


@pytest.mark.parametrize("number", ["12345678901234567890123", "1.10", "-0.000001", "9007199254740993"])
def test_numbers_keep_every_digit(number: str) -> None:
    nodes = f'[{{"id":"t","type":"trigger","data":{{"actionType":"manual"}}}},{{"id":"a","type":"action","position":{{"x":1,"y":2}},"data":{{"actionType":"create_opportunity","config":{{"name":"n","value":{number},"own":{number}}}}}}}]'
    translation = translate_or_raise(record(nodes=nodes, edges=json.dumps([edge("t", "a")])))
    assert translation.workflow is not None
    written = dumps_text(dict(translation.workflow.nodes[0].parameters))
    assert f'"value":{number}' in written
    assert f'"own":{number}' in written


def test_organizations_decide_who_may_own_a_row() -> None:
    tenancy = Tenancy(frozenset({ORGANIZATION}), frozenset({ROW}))
    legacy = record(nodes=[logic_node("wait", duration=1, unit="minutes")], edges=[])
    cases = {
        None: "ORGANIZATION_MISSING",
        ROW: "ORGANIZATION_IS_USER",
        "5" * 8 + legacy.id[8:]: "ORGANIZATION_UNKNOWN",
    }
    for named, code in cases.items():
        other = LegacyWorkflow(legacy.shape, legacy.table, legacy.id, named, legacy.columns)
        translation = translate(other, tenancy)
        assert translation.outcome is Outcome.QUARANTINED
        assert [str(reason.code) for reason in translation.reasons] == [code]
    assert translate(legacy, tenancy).organization_id == ORGANIZATION
    assumed = translate(
        LegacyWorkflow("A", "workflows", ROW, None, legacy.columns),
        Tenancy(frozenset({ORGANIZATION}), assumed=ORGANIZATION),
    )
    assert assumed.organization_id == ORGANIZATION
    assert "ORGANIZATION_ASSUMED" in {str(reason.code) for reason in assumed.reasons}
