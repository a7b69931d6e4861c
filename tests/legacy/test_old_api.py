"""Documents of the old API: read by the one translation, refused for whatever is not known to be harmless, written back."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.legacy.old_api.format import OldApi
from atlas_workflows.legacy.old_api.remarks import TOLD
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.nodes.catalogue import load_catalogue

OLD = OldApi(load_catalogue)
ABOUT: dict[str, Any] = {
    "id": "7a0c6a0e-0000-4000-8000-000000000001", "organization": "11111111-1111-4111-8111-111111111111",
    "name": "Tom &amp; Co", "description": "", "tags": [],
}  # fmt: skip
WAIT = {"id": "w", "type": "wait", "position": {"x": 0, "y": 0}, "data": {"label": "Wait", "config": {"duration": 2, "unit": "days"}}}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "type", "data", "config", "actionType", "position", "source", "target", "conditions", "x"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


def _document(**more: Any) -> dict[str, Any]:
    head = {"id": "t", "type": "trigger", "position": {"x": 0, "y": 0}, "data": {"label": "Lead", "actionType": "lead_created", "config": {}}}  # fmt: skip
    step = {"id": "a", "type": "action", "position": {"x": 0, "y": 9}, "data": {"label": "Tag", "actionType": "add_tag", "config": {"tag": "hot"}}}  # fmt: skip
    return {
        "nodes": [head, step], "edges": [{"id": "e", "source": "t", "target": "a"}], "variables": {}, "trigger_type": None,
        "trigger_config": {}, "settings": {"timezone": "UTC"}, **more,
    }  # fmt: skip


def test_what_loses_something_is_never_only_told() -> None:
    lossy = {
        "PARAMETER_INVALID", "TRIGGER_DUPLICATE", "CONDITION_EMPTY", "NOTE_BYPASSED", "EDGE_DANGLING", "EDGE_DUPLICATE",
        "NULL_ENTRY_DROPPED", "ENTRY_UNREADABLE", "TEXT_NOT_STORABLE", "NUMBER_TOO_LARGE", "VARIABLE_DUPLICATE",
        "SETTING_INVALID", "TRIGGER_FILTER_UNREAD", "TRIGGER_CONFIGS_DISAGREE", "SECRET_SEALED", "GRAPH_UNDECODABLE",
    }  # fmt: skip
    assert lossy <= {code.value for code in ReasonCode}
    assert not lossy & {code.value for code in TOLD}


def test_a_name_is_taken_as_it_was_sent() -> None:
    found = OLD.read(_document(), **ABOUT)
    assert found.definition is not None
    assert (found.definition["name"], found.definition["id"]) == ("Tom &amp; Co", ABOUT["id"])
    assert found.told == ()


@pytest.mark.parametrize(
    "config",
    [
        {"source": "website"},
        {"source": "website", "tags": ["vip"]},
        {"leadScore": {"min": 10, "max": 90}},
        {},
    ],
)
def test_what_is_written_back_is_read_as_the_same(config: dict[str, Any]) -> None:
    node = {"id": "t", "type": "trigger", "position": {"x": 0, "y": 0}, "data": {"label": "Lead", "actionType": "lead_created", "config": config}}  # fmt: skip
    asks = {"id": "c", "type": "condition", "position": {"x": 0, "y": 0}, "data": {"label": "Hot", "config": {"field": "lead.score", "operator": "greater_than", "value": 5}}}  # fmt: skip
    edges = [
        {"id": "1", "source": "t", "target": "c"},
        {"id": "2", "source": "c", "target": "w", "sourceHandle": "true"},
    ]
    document = _document(
        nodes=[node, asks, WAIT], edges=edges, variables=[{"name": "gym", "type": "string", "defaultValue": "H"}],
        trigger_type="lead_created", trigger_config=config, settings={"errorHandling": "continue", "timezone": "Europe/Paris"},
    )  # fmt: skip
    first = OLD.read(document, **ABOUT)
    assert first.definition is not None, first.refused
    again = OLD.read(OLD.write(first.definition), **ABOUT)
    assert again.definition is not None, again.refused
    assert OLD.says_the_same(first.definition, again.definition)
    assert not OLD.says_the_same(first.definition, {**again.definition, "edges": []})


@settings(max_examples=150, deadline=None)
@given(entries=st.lists(st.dictionaries(st.sampled_from(["id", "type", "data", "position"]), JSON, max_size=4), max_size=3), edges=st.lists(st.dictionaries(st.sampled_from(["id", "source", "target", "sourceHandle"]), JSON, max_size=4), max_size=3), config=st.dictionaries(st.text(max_size=6), JSON, max_size=3))  # fmt: skip
def test_whatever_is_sent_is_read_or_refused_by_name(entries: Any, edges: Any, config: Any) -> None:
    found = OLD.read(_document(nodes=entries, edges=edges, trigger_config=config), **ABOUT)
    assert (found.definition is None) == bool(found.refused)
    if found.definition is not None:
        OLD.write(found.definition)


@settings(max_examples=150, deadline=None)
@given(definition=st.dictionaries(st.sampled_from(["triggers", "nodes", "edges", "variables", "settings"]), JSON, max_size=5))  # fmt: skip
def test_any_draft_can_be_written_back(definition: dict[str, Any]) -> None:
    written = OLD.write(definition)
    assert isinstance(json.loads(json.dumps(written)), dict)
    assert OLD.says_the_same(definition, definition)
