"""Any JSON document parses to a workflow or to problems; what was parsed is written back unchanged."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows import exact_json
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.limits import MAX_DEPTH, MAX_NODES
from atlas_workflows.graph.model import (
    Edge,
    ErrorMode,
    Node,
    Position,
    RetryPolicy,
    Settings,
    Severity,
    Trigger,
    Variable,
    Workflow,
)
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue

ids = st.text(min_size=1, max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
parameters = st.dictionaries(st.text(max_size=8), values, max_size=4)
positions = st.none() | st.builds(Position, st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
retries = st.none() | st.builds(
    RetryPolicy,
    st.integers(1, 20),
    st.sampled_from(["fixed", "linear", "exponential"]),
    st.floats(0, 86_400),
    st.floats(0, 604_800),
    st.booleans(),
    st.lists(st.text(max_size=10), max_size=3).map(tuple),
)
modes = st.none() | st.sampled_from(list(ErrorMode))
nodes = st.builds(
    Node, ids, ids, parameters, st.integers(1, 1000), st.text(), st.booleans(), modes, retries,
    st.none() | st.floats(0.001, 86_400), positions, st.text(),
)  # fmt: skip
triggers = st.builds(Trigger, ids, ids, parameters, st.integers(1, 1000), st.text(), st.booleans(), positions)
edges = st.builds(Edge, ids, ids, ids, ids, ids)
variables = st.builds(
    Variable, ids, st.sampled_from(["string", "number", "any"]), values, st.text(),
    st.sampled_from(["global", "workflow", "execution"]), st.booleans(), st.booleans(),
)  # fmt: skip
all_settings = st.builds(
    Settings, st.sampled_from(list(ErrorMode)), st.floats(1, 1e7), st.text(max_size=30), retries, st.integers(1, 10),
    st.none() | st.integers(1, 10_000), st.none() | ids, st.booleans(), st.booleans(),
    st.lists(st.text(max_size=10), max_size=2).map(tuple),
)  # fmt: skip
workflows = st.builds(
    Workflow, ids, st.text(), st.lists(nodes, max_size=4).map(tuple), st.lists(edges, max_size=4).map(tuple),
    st.lists(triggers, max_size=3).map(tuple), st.lists(variables, max_size=3).map(tuple), all_settings,
    st.none() | ids, st.text(), st.lists(st.text(max_size=10), max_size=3).map(tuple),
)  # fmt: skip


@given(workflows)
@settings(max_examples=150, deadline=None)
def test_a_workflow_survives_writing_and_reading(workflow: Workflow) -> None:
    assert parse(to_json(workflow)) == (workflow, [])


def test_numbers_keep_their_digits_through_text() -> None:
    node = Node("n", "note", {"big": 12345678901234567890123, "price": Decimal("1.10")})
    text = exact_json.dumps(to_json(Workflow("w", "W", nodes=(node,))))
    workflow, problems = parse(exact_json.loads(text))
    assert problems == []
    assert workflow is not None
    assert str(workflow.nodes[0].parameters["price"]) == "1.10"
    assert workflow.nodes[0].parameters["big"] == 12345678901234567890123


def test_defaults_are_left_out() -> None:
    document = to_json(Workflow("w", "W", nodes=(Node("n", "note", {}),), edges=(Edge("e", "n", "n"),)))
    assert document["nodes"] == [{"id": "n", "type": "note", "parameters": {}}]
    assert document["edges"] == [{"id": "e", "source": "n", "target": "n"}]
    assert document.keys() == {"format", "id", "name", "triggers", "nodes", "edges"}


@given(values)
@settings(max_examples=200, deadline=None)
def test_any_document_is_answered(document: Any) -> None:
    workflow, problems = parse(document)
    assert workflow is not None or problems
    if workflow is not None:
        validate(workflow, load_catalogue())


KEYS = ["format", "id", "name", "nodes", "edges", "triggers", "variables", "settings", "type", "parameters",
        "source", "target", "source_port", "position", "retry", "x", "y", "attempts", "kind", "condition"]  # fmt: skip
TYPES = st.sampled_from([name for name, _ in load_catalogue().nodes] + ["nope"])
shaped = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["a", "b", "", "main", "atlas.workflow/1"])
    | TYPES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(KEYS), shaped, max_size=8))
@settings(max_examples=300, deadline=None)
def test_documents_that_look_almost_right_are_answered(document: dict[str, Any]) -> None:
    workflow, problems = parse(document)
    for problem in problems + (validate(workflow, load_catalogue()) if workflow else []):
        assert problem.message
        assert problem.remedy


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "NOT_A_WORKFLOW"),
        ("text", "NOT_A_WORKFLOW"),
        ({"format": "n8n"}, "UNKNOWN_FORMAT"),
        ({"nodes": [{}] * (MAX_NODES + 1)}, "TOO_LARGE"),
        ({"name": "w"}, "MISSING_FIELD"),
        ({"id": "w", "name": "w", "nodes": {}}, "WRONG_FIELD"),
        ({"id": "w", "name": "w", "nodes": [None]}, "WRONG_FIELD"),
        ({"id": "w", "name": "w", "nodes": [{"type": "note"}]}, "MISSING_ID"),
        ({"id": "w", "name": "w", "nodes": [{"id": "", "type": "note"}]}, "WRONG_FIELD"),
        ({"id": "w", "name": "w", "edges": [{"id": "e", "source": "a"}]}, "MISSING_FIELD"),
        (
            {"id": "w", "name": "w", "nodes": [{"id": "n", "type": "note", "position": {"x": 1}}]},
            "WRONG_FIELD",
        ),
        ({"id": "w", "name": "w", "settings": {"priority": 11}}, "WRONG_FIELD"),
        ({"id": "w", "name": "w", "settings": {"retry": {"attempts": 0}}}, "WRONG_FIELD"),
    ],
)
def test_what_cannot_be_read_is_named(document: Any, code: str) -> None:
    _, problems = parse(document)
    assert (code, Severity.ERROR) in [(problem.code, problem.severity) for problem in problems]


def test_unknown_fields_only_warn() -> None:
    workflow, problems = parse({"id": "w", "name": "w", "colour": "red"})
    assert workflow is not None
    assert [(p.code, p.severity) for p in problems] == [("UNKNOWN_FIELD", Severity.WARNING)]


def test_two_hundred_levels_are_refused_without_recursion() -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    workflow, problems = parse(
        {"id": "w", "name": "w", "nodes": [{"id": "n", "type": "note", "parameters": deep}]}
    )
    assert workflow is None
    assert problems[0].code == "TOO_DEEP"
    assert str(MAX_DEPTH) in problems[0].message


def test_five_thousand_nodes_are_validated_in_seconds() -> None:
    nodes = [
        {"id": f"n{i}", "type": "parallel" if i % 7 == 0 else "add_note", "parameters": {}}
        for i in range(5000)
    ]
    edges = [{"id": f"e{i}", "source": f"n{i}", "target": f"n{i + 1}"} for i in range(4999)]
    edges += [{"id": f"f{i}", "source": f"n{i}", "target": f"n{i + 2}"} for i in range(4998)]
    document = {
        "id": "w",
        "name": "w",
        "nodes": nodes,
        "edges": [*edges, {"id": "t", "source": "s", "target": "n0"}],
    }
    document["triggers"] = [{"id": "s", "type": "manual"}]
    began = time.process_time()
    workflow, _ = parse(json.loads(json.dumps(document)))
    assert workflow is not None
    assert len(validate(workflow, load_catalogue())) == 1000
    assert time.process_time() - began < 10


def test_two_hundred_loops_inside_each_other_are_validated_in_seconds() -> None:
    depth = 200
    loops = [
        {"id": f"l{i}", "type": "loop", "parameters": {"kind": "count", "count": 1}} for i in range(depth)
    ]
    inward = [
        {"id": f"i{i}", "source": f"l{i}", "source_port": "body", "target": f"l{i + 1}"}
        for i in range(depth - 1)
    ]
    back = [
        {"id": f"b{i}", "source": f"l{i + 1}", "source_port": "done", "target": f"l{i}"}
        for i in range(depth - 1)
    ]
    note = {"id": "last", "type": "add_note", "parameters": {"text": "x"}}
    core = [
        {"id": "c", "source": f"l{depth - 1}", "source_port": "body", "target": "last"},
        {"id": "d", "source": "last", "target": f"l{depth - 1}"},
        {"id": "t", "source": "s", "target": "l0"},
    ]
    document = {"id": "w", "name": "w", "nodes": [*loops, note], "edges": inward + back + core}
    workflow, problems = parse({**document, "triggers": [{"id": "s", "type": "manual"}]})
    assert workflow is not None
    assert problems == []
    began = time.process_time()
    assert [p for p in validate(workflow, load_catalogue()) if p.severity is Severity.ERROR] == []
    assert time.process_time() - began < 10


def test_thousands_of_loops_are_refused_by_name() -> None:
    loops = [
        {"id": f"l{i}", "type": "loop", "parameters": {"kind": "count", "count": 1}} for i in range(5000)
    ]
    inward = [
        {"id": f"i{i}", "source": f"l{i}", "source_port": "body", "target": f"l{i + 1}"} for i in range(4999)
    ]
    start = {"id": "t", "source": "s", "target": "l0"}
    document = {"id": "w", "name": "w", "triggers": [{"id": "s", "type": "manual"}], "nodes": loops}
    workflow, _ = parse({**document, "edges": [start, *inward]})
    assert workflow is not None
    began = time.process_time()
    assert "TOO_MANY_LOOPS" in {p.code for p in validate(workflow, load_catalogue())}
    assert time.process_time() - began < 10


def test_a_wrong_field_inside_another_is_named_with_its_value() -> None:
    node = {"id": "a", "type": "note", "retry": {"attempts": 3, "delay_seconds": -3}}
    _, problems = parse({"id": "w", "name": "w", "nodes": [node]})
    [found] = [problem for problem in problems if problem.code == "WRONG_FIELD"]
    assert found.field == "nodes[0].retry.delay_seconds"
    assert found.message.startswith(
        "nodes[0].retry.delay_seconds is the number -3, but must be a number from 0"
    )
