"""The pure parts of the prover: trees, carried columns, conservation of what a legacy graph holds."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.migration.ledger.fingerprint import target_fingerprint
from atlas_workflows.migration.reconciliation.carried import (
    MAIN_ROW,
    Carried,
    columns_that_differ,
    unescapings,
)
from atlas_workflows.migration.reconciliation.conservation import losses
from atlas_workflows.migration.reconciliation.differences import DifferenceKind
from atlas_workflows.migration.reconciliation.legacy_graph import graphs_of
from atlas_workflows.migration.reconciliation.same_value import canonical_json, instant
from atlas_workflows.migration.reconciliation.tree import Leaf, differing_buckets, root_of, tree_of

TEXT = "Welcome to the gym, your trial starts on Monday morning"
NODES: list[dict[str, Any]] = [
    {"id": "t", "type": "trigger", "data": {"config": {"subtype": "lead_created"}}},
    {"id": "a", "type": "action", "data": {"config": {"message": TEXT, "plan": 123456789012345678901}}},
    {"id": "b", "type": "condition", "data": {"config": {"field": "status"}}},
]
EDGES = [{"id": "e1", "source": "t", "target": "a"}, {"id": "e2", "source": "a", "target": "b"}]
DEFINITION: dict[str, Any] = {
    "triggers": [{"id": "t", "type": "lead_created"}],
    "nodes": [
        {
            "id": "a",
            "type": "send_sms",
            "parameters": {"message": TEXT, "extra": {"plan": 123456789012345678901}},
        },
        {"id": "b", "type": "condition", "parameters": {}},
    ],
    "edges": [{"source": "t", "target": "a"}, {"source": "a", "target": "b"}],
}


def row(nodes: Any = NODES, edges: Any = EDGES) -> dict[str, str | None]:
    return {"nodes": dumps_text(nodes), "edges": dumps_text(edges)}


def kinds(
    definition: Mapping[str, Any], columns: Mapping[str, str | None] | None = None
) -> set[DifferenceKind]:
    graphs = graphs_of(row() if columns is None else columns)
    return {kind for kind, _detail in losses(graphs, definition, is_sealed=False)}


def changed(change: str) -> dict[str, Any]:
    """A copy of the definition with one thing wrong."""
    copy: dict[str, Any] = loads(dumps_text(DEFINITION))
    exec(change, {"d": copy})
    return copy


def test_a_faithful_definition_loses_nothing() -> None:
    assert kinds(DEFINITION) == set()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("d['nodes'].pop()", DifferenceKind.NODE_LOST),
        ("d['nodes'][1]['id'] = 'z'", DifferenceKind.NODE_LOST),
        ("d['edges'].pop()", DifferenceKind.EDGE_LOST),
        ("d['edges'][1] = {'source': 'b', 'target': 'a'}", DifferenceKind.EDGE_LOST),
        ("d['edges'].append({'source': 'b', 'target': 'a'})", DifferenceKind.EDGE_INVENTED),
        ("d['nodes'][0]['parameters']['message'] = 'Welcome'", DifferenceKind.TEXT_LOST),
        ("d['nodes'][0]['parameters']['extra']['plan'] += 1", DifferenceKind.NUMBER_LOST),
    ],
)
def test_each_loss_is_found(change: str, kind: DifferenceKind) -> None:
    assert kind in kinds(changed(change))


def test_a_node_that_translation_put_in_between_cuts_no_path() -> None:
    between = changed("d['nodes'].append({'id': 'f', 'type': 'filter'}); d['edges'][0] = {'source': 't', 'target': 'f'};"
                      "d['edges'].append({'source': 'f', 'target': 'a'})")  # fmt: skip
    assert kinds(between) == set()


@pytest.mark.parametrize(
    "columns",
    [
        {"nodes": dumps_text(dumps_text(NODES)), "edges": dumps_text(dumps_text(EDGES))},
        {"nodes": dumps_text({node["id"]: node for node in NODES}), "edges": dumps_text(EDGES)},
        {"workflow_data": dumps_text({"nodes": NODES, "edges": EDGES})},
        {"workflow_data": dumps_text({"workflowData": {"nodes": NODES, "edges": EDGES}})},
        {
            "nodes": "[]",
            "edges": None,
            "workflow_data": dumps_text({"nodes": [None, *NODES], "edges": EDGES}),
        },
    ],
)
def test_a_graph_is_found_wherever_it_hides(columns: dict[str, str | None]) -> None:
    assert kinds(DEFINITION, columns) == set()
    assert DifferenceKind.EDGE_LOST in kinds(changed("d['edges'].pop()"), columns)


def test_placeholders_may_be_written_anew_but_not_the_text_around_them() -> None:
    nodes = [
        {
            "id": "a",
            "data": {"message": "Hello {{firstName}}, see you at the gym on [date] &amp; bring {a} towel"},
        }
    ]
    good = {
        "nodes": [
            {
                "id": "a",
                "p": "Hello {{ contact.first_name }}, see you at the gym on {{ date }} & bring {a} towel",
            }
        ]
    }
    bad = {
        "nodes": [
            {
                "id": "a",
                "p": "Hello {{ contact.first_name }}, see you at the pub on {{ date }} & bring {a} towel",
            }
        ]
    }
    assert kinds(good, row(nodes, [])) == set()
    assert kinds(bad, row(nodes, [])) == {DifferenceKind.TEXT_LOST}


leaves = st.builds(
    Leaf,
    st.just("workflows"),
    st.text(min_size=1),
    st.text(max_size=8),
    st.just("migrated"),
    st.none() | st.text(max_size=4),
)


@given(st.lists(leaves, max_size=30), st.randoms())
def test_order_does_not_matter_to_a_tree(rows: list[Leaf], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert tree_of(rows).root == tree_of(shuffled).root


@given(st.lists(leaves, min_size=1, max_size=30), st.data())
def test_one_changed_row_changes_its_bucket_only(rows: list[Leaf], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    other = list(rows)
    other[at] = Leaf("workflows", rows[at].id, rows[at].source_hash + "x", "migrated", rows[at].target_hash)
    one, two = tree_of(rows), tree_of(other)
    assert differing_buckets(one.buckets, two.buckets) == [rows[at].bucket]
    assert root_of({"workflows": one.root}) != root_of({"workflows": two.root})


def test_a_lost_and_a_doubled_row_are_not_the_same_tree() -> None:
    leaf = Leaf("workflows", "1", "a", "migrated", None)
    assert len({tree_of([leaf] * count).root for count in range(4)}) == 4


@given(st.text())
def test_escaping_can_be_undone_as_often_as_it_was_done(text: str) -> None:
    import html

    assert text in set(unescapings(html.escape(html.escape(text)))) or html.unescape(text) != text


def test_carried_columns_compare_instants_and_json_by_value() -> None:
    carried = MAIN_ROW["workflow_executions"][1]
    source = {"id": "1", "started_at": "2024-03-31 01:30:00.000001+02", "trigger_data": '{"a": 1, "b": 1.10}'}
    good = {"id": "1", "started_at": "2024-03-30 23:30:00.000001+00", "trigger_data": '{"b": 1.10, "a": 1}'}
    bad = {"id": "1", "started_at": "2024-03-30 23:30:00.000002+00", "trigger_data": '{"b": 1.1, "a": 1}'}
    assert list(columns_that_differ(source, good, carried, is_sealed=False)) == []
    assert list(columns_that_differ(source, bad, carried, is_sealed=False)) == ["started_at", "trigger_data"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", '"1"'), ("1.10", "1.1"), ("12345678901234567890123", "12345678901234567890124"), ("null", "{}")],
)
def test_fingerprints_tell_values_apart(one: str, other: str) -> None:
    def row_with(text: str) -> dict[str, list[dict[str, str]]]:
        return {"workflows": [{"id": "1", "definition": f'{{"v": {text}}}'}]}

    assert target_fingerprint(row_with(one)) != target_fingerprint(row_with(other))


@given(
    st.recursive(
        st.integers() | st.text() | st.booleans(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=9,
    )
)
def test_spelling_does_not_matter_to_canonical_json(value: Any) -> None:
    assert canonical_json(json.dumps(value, indent=2)) == canonical_json(
        json.dumps(value, ensure_ascii=False)
    )


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 00:00:00+00 BC", "not a time"])
def test_what_no_calendar_holds_stays_as_it_is(text: str) -> None:
    assert instant(text) == text


@pytest.mark.parametrize(
    ("arrived", "is_sealed", "differs"),
    [
        ("pay with ••• at •••!", True, []),
        ("pay with ••• at •••!", False, ["name"]),
        ("pay with ••• at •••?", True, ["name"]),
        ("pay in ••• at •••!", True, ["name"]),
        ("pay with key at •••with key a at door!", True, ["name"]),
        ("pay with key a at door", True, ["name"]),
    ],
)
def test_a_text_of_a_sealed_row_may_arrive_with_parts_hidden(
    arrived: str, is_sealed: bool, differs: list[str]
) -> None:
    carried = (Carried(("name",), "name", "escaped"),)
    source = {"name": "pay with key a &amp; b at door!"}
    assert list(columns_that_differ(source, {"name": arrived}, carried, is_sealed=is_sealed)) == differs


def test_a_secret_taken_out_of_a_graph_is_no_loss_and_excuses_none() -> None:
    config = {"message": f"{TEXT} with the key", "pin": 4711008}
    source = {"nodes": dumps_text([{"id": "a", "type": "action", "data": {"config": config}}]), "edges": "[]"}
    sealed = {"$secret": "00000000-0000-4000-8000-000000000001"}

    def lost(parameters: Mapping[str, Any], *taken_out: str) -> list[DifferenceKind]:
        definition = {"nodes": [{"id": "a", "parameters": parameters}]}
        found = losses(graphs_of(source), definition, is_sealed=True, taken_out=taken_out)
        return [kind for kind, _ in found]

    assert lost({"message": sealed, "pin": sealed}, f"{TEXT} with the key", "4711008") == []
    assert lost({"message": f"{TEXT} with ••• key", "pin": sealed}, "4711008") == []
    assert lost({"message": f"{TEXT} without ••• key", "pin": sealed}, "4711008") == [
        DifferenceKind.TEXT_LOST
    ]
    assert lost({"message": sealed, "pin": sealed}, "another", "4711009") == [
        DifferenceKind.TEXT_LOST,
        DifferenceKind.NUMBER_LOST,
    ]
