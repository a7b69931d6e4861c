"""Variables in every form that was stored, with duplicates, odd names, unknown types and flags that are no flags."""

from typing import Any

import pytest
from legacy_rows import action_node, codes, record, trigger_node

from atlas_workflows.graph.model import Variable
from atlas_workflows.legacy.records import Translation
from atlas_workflows.legacy.translate import translate_or_raise


def variables(stored: Any) -> tuple[tuple[Variable, ...], Translation]:
    translation = translate_or_raise(record(nodes="[]", edges="[]", status="draft", variables=stored))
    assert translation.workflow is not None
    return translation.workflow.variables, translation


@pytest.mark.parametrize(
    "entry",
    [{"name": "offer", "type": "string", "value": "10%"}, {"name": "offer", "defaultValue": "10%"}, {"name": "offer", "default_value": "10%", "scope": "workflow"}],
)  # fmt: skip
def test_an_array_in_any_spelling(entry: dict[str, Any]) -> None:
    found, _ = variables([entry])
    assert [(v.name, v.type, v.default, v.scope) for v in found] == [("offer", "string", "10%", "workflow")]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Harbour", "string"),
        (5, "number"),
        (True, "boolean"),
        ([1], "array"),
        ({"a": 1}, "object"),
        (None, "any"),
    ],
)
def test_an_object_gives_one_variable_per_key(value: Any, kind: str) -> None:
    found, translation = variables({"gym_name": value})
    assert [(v.name, v.type, v.default) for v in found] == [("gym_name", kind, value)]
    assert codes(translation) == set()


def test_an_array_read_back_as_an_object() -> None:
    found, _ = variables({"0": {"name": "offer", "type": "number", "value": 5}, "1": {"name": "goal"}})
    assert [(v.name, v.type, v.default) for v in found] == [("offer", "number", 5), ("goal", "string", None)]


def test_a_name_that_comes_twice_never_loses_a_value() -> None:
    found, translation = variables(
        [{"name": "offer", "value": "a"}, {"name": "offer", "value": "b"}, {"name": "offer_2", "value": "c"}]
    )
    assert [(v.name, v.default) for v in found] == [("offer", "a"), ("offer_2", "b"), ("offer_2_2", "c")]
    assert "VARIABLE_DUPLICATE" in codes(translation)


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("gym name", "gym_name"),
        ("a.b", "a_b"),
        ("", "variable"),
        (None, "variable"),
        ("0", "_0"),
        ("café", "cafe"),
    ],
)
def test_names_that_nothing_can_refer_to(name: Any, usable: str) -> None:
    found, translation = variables([{"name": name, "value": 1}])
    assert [v.name for v in found] == [usable]
    assert "VARIABLE_NAME_INVALID" in codes(translation)


def test_unicode_twins_stay_two_variables() -> None:
    found, _ = variables([{"name": "caf\u00e9", "value": 1}, {"name": "cafe\u0301", "value": 2}])
    assert [(v.name, v.default) for v in found] == [("cafe", 1), ("cafe_2", 2)]


@pytest.mark.parametrize(
    ("stored", "kind", "reported"),
    [
        ("text", "string", True),
        ("email", "string", True),
        ("colour", "any", True),
        ("any", "any", False),
        (None, "string", False),
    ],
)
def test_types(stored: str | None, kind: str, reported: bool) -> None:
    found, translation = variables([{"name": "v", "type": stored}])
    assert found[0].type == kind
    assert ("VARIABLE_TYPE_UNKNOWN" in codes(translation)) is reported


@pytest.mark.parametrize(
    ("stored", "required", "reported"),
    [
        (True, True, False),
        ("yes", True, True),
        ("no", False, True),
        (1, True, True),
        ("maybe", False, True),
        (None, False, False),
    ],
)
def test_flags(stored: Any, required: bool, reported: bool) -> None:
    found, translation = variables([{"name": "v", "required": stored}])
    assert found[0].required is required
    assert ("VARIABLE_VALUE_INVALID" in codes(translation)) is reported


@pytest.mark.parametrize("stored", [None, "null", "[]", "{}", '"[]"'])
def test_no_variables(stored: str | None) -> None:
    found, translation = variables(stored)
    assert found == ()
    assert "VARIABLES_MALFORMED" not in codes(translation)


@pytest.mark.parametrize(
    ("message", "stored", "shape", "wiped"),
    [
        ("{{offer}}", "[]", "A", True),
        ("{{variables.offer}}", "[]", "A", True),
        ("{{vars.offer}}", "[]", "A", True),
        ("{{gym_name}} {{firstName}} variables. vars.", "[]", "A", False),
        ("{{offer}}", "{}", "A", False),
        ("{{offer}}", None, "A", False),
        ("{{offer}}", {"offer": 5}, "A", False),
        ("{{offer}}", "[]", "B", False),
    ],
)
def test_variables_that_a_save_emptied(message: str, stored: Any, shape: str, wiped: bool) -> None:
    nodes = [trigger_node(), action_node("send_sms", message=message)]
    edges = [{"id": "e", "source": "t", "target": "a"}]
    graph = {"nodes": nodes, "edges": edges, "variables": stored}
    columns = graph if shape == "A" else {"workflow_data": {"nodes": nodes, "edges": edges, "variables": []}}
    assert ("VARIABLES_WIPED" in codes(translate_or_raise(record(shape, **columns)))) is wiped


@pytest.mark.parametrize("stored", ["5", "true", '"words"'])
def test_what_is_neither_array_nor_object_is_reported(stored: str) -> None:
    assert "VARIABLES_MALFORMED" in codes(variables(stored)[1])


def test_variables_of_workflow_data_come_first() -> None:
    translation = translate_or_raise(
        record("B", workflow_data={"nodes": [], "edges": [], "variables": [{"name": "a"}]}, status="draft")
    )
    assert translation.workflow is not None
    assert [v.name for v in translation.workflow.variables] == ["a"]


def test_texts_may_name_the_workflows_own_variables() -> None:
    node = {
        "id": "a",
        "type": "sms",
        "position": {"x": 1, "y": 1},
        "data": {"config": {"message": "Hi {{offer}}"}},
    }
    translation = translate_or_raise(
        record(nodes=[node], edges="[]", variables={"offer": "x"}, trigger_type="manual")
    )
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["message"] == "Hi {{ variables.offer }}"
