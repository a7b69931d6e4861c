"""Three-way merges: nothing of either side is lost without being told, and the cost grows with the size alone."""

import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.graph.merge import BOTH, MINE, THEIRS, Conflict, Merged, Side, merge

pytestmark = pytest.mark.pure

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "x", "y"]))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=5)  # fmt: skip


def _members(key: str, fields: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.dictionaries(NAMES, fields, max_size=4).map(
        lambda found: [{key: name, **told} for name, told in found.items()]
    )


FIELDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["wait", "send_email"])},
    optional={"position": VALUES, "parameters": st.dictionaries(NAMES, VALUES, max_size=3)},
)
ENDS = st.fixed_dictionaries({"source": NAMES, "target": NAMES})
DOCUMENTS = st.fixed_dictionaries(
    {"name": SCALARS, "nodes": _members("id", FIELDS), "edges": _members("id", ENDS)},
    optional={
        "triggers": _members("id", FIELDS), "variables": _members("name", FIELDS),
        "settings": st.dictionaries(NAMES, VALUES, max_size=3), "tags": st.lists(NAMES, max_size=2),
    },
)  # fmt: skip


def workflow(**parts: Any) -> dict[str, Any]:
    """One step behind another."""
    return {
        "name": "w", "triggers": [{"id": "t", "type": "manual", "parameters": {"filters": {"all": []}}}],
        "nodes": [
            {"id": "n", "type": "send_email", "name": "Welcome", "parameters": {"subject": "Hi", "to": "{{email}}"}},
            {"id": "m", "type": "wait", "parameters": {"days": 2}},
        ],
        "edges": [{"id": "e", "source": "t", "target": "n"}, {"id": "f", "source": "n", "target": "m"}],
        **parts,
    }  # fmt: skip


def changed(change: Callable[[dict[str, Any]], object], begin: Any = None) -> dict[str, Any]:
    """A copy with a change made."""
    found: dict[str, Any] = deepcopy(workflow() if begin is None else begin)
    change(found)
    return found


def clean(merged: Merged) -> Any:
    """The document; fails where there is a conflict."""
    assert merged.conflicts == ()
    return merged.document


def only(merged: Merged) -> Conflict:
    """The one conflict that there is."""
    assert merged.document is None
    [conflict] = merged.conflicts
    return conflict


@given(DOCUMENTS, DOCUMENTS)
def test_whoever_changed_nothing_gets_what_the_other_has(ancestor: Any, other: Any) -> None:
    assert clean(merge(ancestor, ancestor, other)) == other
    assert clean(merge(ancestor, other, ancestor)) == other
    assert clean(merge(ancestor, other, other)) == other


def _about(conflict: Conflict) -> tuple[str, ...]:
    """What a conflict asks about; that an edge ends nowhere is asked about the edge."""
    place = tuple(conflict.at.split("/")[1:])
    return place[:2] if conflict.kind == "dangling" else place


def _mirrored(conflict: Conflict) -> tuple[Any, ...]:
    return conflict.kind, conflict.at, conflict.part, conflict.id, conflict.ancestor, conflict.theirs, conflict.mine  # fmt: skip


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_conflicts_are_the_same_from_the_other_side(ancestor: Any, mine: Any, theirs: Any) -> None:
    here, there = merge(ancestor, mine, theirs), merge(ancestor, theirs, mine)
    told = [
        (each.kind, each.at, each.part, each.id, each.ancestor, each.mine, each.theirs) for each in here.conflicts
    ]  # fmt: skip
    assert sorted(map(repr, told)) == sorted(repr(_mirrored(each)) for each in there.conflicts)


def _places(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every place of a document with what stands there, members of parts by their ids."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _places(member, (*at, key))
    elif isinstance(value, list) and len(at) == 1 and at[0] in ("nodes", "edges", "triggers", "variables"):
        for member in value:
            yield from _places(member, (*at, member["name" if at[0] == "variables" else "id"]))
    if at and not isinstance(value, dict):
        yield at, repr(value)
    elif not value:
        yield at, "{}"


def _changes(before: Any, after: Any) -> dict[tuple[str, ...], str | None]:
    old, new = dict(_places(before)), dict(_places(after))
    parts = {(name,) for name in ("nodes", "edges", "triggers", "variables")}
    return {at: new.get(at) for at in old.keys() | new.keys() if old.get(at) != new.get(at) and at not in parts}  # fmt: skip


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, st.booleans())
def test_no_change_of_either_side_is_lost_unless_it_is_told(
    ancestor: Any, mine: Any, theirs: Any, to_mine: bool
) -> None:
    merged = merge(ancestor, mine, theirs)
    told = [_about(each) for each in merged.conflicts]
    decisions = {each.at: MINE if to_mine else THEIRS for each in merged.conflicts}
    decided = merge(ancestor, mine, theirs, decisions)
    while decided.conflicts:  # what was decided can leave an edge without an end, which is told in its turn
        told += [_about(each) for each in decided.conflicts]
        decisions |= {each.at: MINE if to_mine else THEIRS for each in decided.conflicts}
        decided = merge(ancestor, mine, theirs, decisions)
    found = dict(_places(decided.document))
    twins = {
        named for each in merged.conflicts if each.kind == "doubled"
        for side in (each.mine, each.theirs) if (named := side.value.get("id") or side.value.get("name"))
    }  # fmt: skip
    for side in (mine, theirs):
        for at, value in _changes(ancestor, side).items():
            is_told = any(at[: len(place)] == place or place[: len(at)] == at for place in told)
            is_filled = value == "{}" and any(place[: len(at)] == at for place in found)  # by the other side
            assert found.get(at) == value or is_told or is_filled or twins & set(at[1:2]), (at, value)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_whoever_decides_everything_for_one_side_is_asked_nothing_more(
    ancestor: Any, mine: Any, theirs: Any
) -> None:
    decisions: dict[str, str] = {}
    for _ in range(4):
        merged = merge(ancestor, mine, theirs, decisions)
        if not merged.conflicts:
            break
        decisions |= {each.at: THEIRS for each in merged.conflicts}
    assert (merged.conflicts, merged.unused) == ((), ())


def test_changes_in_two_fields_of_a_step_are_both_kept() -> None:
    mine = changed(lambda w: w["nodes"][0]["parameters"].update(subject="Hello"))
    theirs = changed(lambda w: (w["nodes"][0].update(position={"x": 1, "y": 2}), w["nodes"][1]["parameters"].update(days=3)))  # fmt: skip
    both = clean(merge(workflow(), mine, theirs))
    assert both["nodes"][0] == {**mine["nodes"][0], "position": {"x": 1, "y": 2}}
    assert both["nodes"][1]["parameters"] == {"days": 3}


def test_a_trigger_that_was_only_moved_keeps_the_filter_that_the_other_side_gave_it() -> None:
    condition = {"all": [{"field": "contact.status", "operator": "equals", "value": "lead"}]}
    mine = changed(lambda w: w["triggers"][0].update(position={"x": 5, "y": 5}))
    theirs = changed(lambda w: w["triggers"][0]["parameters"].update(filters=condition))
    for merged in (merge(workflow(), mine, theirs), merge(workflow(), theirs, mine)):
        assert clean(merged)["triggers"] == [
            {**theirs["triggers"][0], "position": {"x": 5, "y": 5}}
        ]  # fmt: skip


def test_one_field_that_both_changed_is_told_with_both_sides_and_the_step_s_name() -> None:
    mine = changed(lambda w: w["nodes"][0]["parameters"].update(subject="Hello"))
    theirs = changed(lambda w: w["nodes"][0]["parameters"].update(subject="Hey"))
    merged = merge(workflow(), mine, theirs)
    assert only(merged) == Conflict(
        "changed", "/nodes/n/parameters/subject", "nodes", "n", "Welcome", Side(True, "Hi"), Side(True, "Hello"), Side(True, "Hey")
    )  # fmt: skip
    assert clean(merge(workflow(), mine, theirs, {only(merged).at: MINE})) == mine
    assert clean(merge(workflow(), mine, theirs, {only(merged).at: THEIRS})) == theirs


def test_what_one_side_removed_and_the_other_changed_is_told() -> None:
    mine = changed(lambda w: (w["nodes"].pop(1), w["edges"].pop(1)))
    theirs = changed(lambda w: w["nodes"][1]["parameters"].update(days=9))
    found = only(merge(workflow(), mine, theirs))
    assert (found.kind, found.at, found.name, found.mine.is_there) == ("removed", "/nodes/m", "wait", False)
    assert clean(merge(workflow(), mine, theirs, {found.at: MINE})) == mine


def test_null_is_not_what_was_removed() -> None:
    begin = workflow(settings={"a": None, "b": 1})
    mine = changed(lambda w: w["settings"].pop("a"), begin)
    theirs = changed(lambda w: w["settings"].update(a=1), begin)
    found = only(merge(begin, mine, theirs))
    assert (found.ancestor, found.mine, found.theirs) == (Side(True, None), Side(False), Side(True, 1))
    emptied = changed(lambda w: w["settings"].update(b=None), begin)
    assert clean(merge(begin, mine, emptied))["settings"] == {"b": None}


def test_two_steps_under_one_id_are_not_mixed() -> None:
    mine = changed(lambda w: w["nodes"].append({"id": "x", "type": "wait", "parameters": {"days": 1}}))
    theirs = changed(lambda w: w["nodes"].append({"id": "x", "type": "wait", "parameters": {"hours": 1}}))
    assert (only(merge(workflow(), mine, theirs)).kind, only(merge(workflow(), mine, theirs)).at) == ("added", "/nodes/x")  # fmt: skip


def test_the_same_added_twice_is_told_and_can_be_kept_once_or_twice() -> None:
    mine = changed(lambda w: w["edges"].append({"id": "g", "source": "t", "target": "m"}))
    theirs = changed(lambda w: w["edges"].append({"id": "h", "source": "t", "target": "m"}))
    found = only(merge(workflow(), mine, theirs))
    assert (found.kind, found.at, found.name) == ("doubled", "/edges/g", "t → m")
    kept = {
        taken: [edge["id"] for edge in clean(merge(workflow(), mine, theirs, {found.at: taken}))["edges"]]
        for taken in (MINE, THEIRS, BOTH)
    }
    assert kept == {MINE: ["e", "f", "g"], THEIRS: ["e", "f", "h"], BOTH: ["e", "f", "g", "h"]}


def test_an_edge_to_a_step_that_the_other_side_removed_is_told() -> None:
    mine = changed(lambda w: (w["nodes"].pop(1), w["edges"].pop(1)))
    theirs = changed(lambda w: w["edges"].append({"id": "g", "source": "t", "target": "m"}))
    found = only(merge(workflow(), mine, theirs))
    assert (found.kind, found.at, found.mine.is_there) == ("dangling", "/edges/g/target/m", False)
    assert clean(merge(workflow(), mine, theirs, {found.at: MINE})) == mine
    loose = changed(lambda w: w["edges"].append({"id": "g", "source": "t", "target": "nowhere"}))
    assert clean(merge(workflow(), loose, workflow(name="v")))["edges"] == loose["edges"]


def test_whoever_keeps_an_edge_is_asked_anew_whether_it_may_end_nowhere() -> None:
    mine = changed(lambda w: w["edges"][1].update(label="then"))
    theirs = changed(lambda w: (w["nodes"].pop(1), w["edges"].pop(1)))
    kept = {only(merge(workflow(), mine, theirs)).at: MINE}
    found = only(merge(workflow(), mine, theirs, kept))
    assert (found.kind, found.at, found.part, found.id) == ("dangling", "/edges/f/target/m", "edges", "f")
    assert clean(merge(workflow(), mine, theirs, {**kept, found.at: THEIRS})) == theirs
    loose = clean(merge(workflow(), mine, theirs, {**kept, found.at: MINE}))
    assert loose == {**theirs, "edges": mine["edges"]}


def test_an_end_that_both_changed_is_asked_anew_where_its_step_is_gone() -> None:
    mine = changed(
        lambda w: (w["nodes"].append({"id": "x", "type": "end"}), w["edges"][0].update(target="x"))
    )
    theirs = changed(
        lambda w: (w["edges"][0].update(target="m"), w["nodes"].append({"id": "y", "type": "end"}))
    )
    decided = {"/edges/e/target": MINE, "/nodes/x": THEIRS}
    found = only(merge(workflow(), mine, theirs, decided))
    assert (found.kind, found.at) == ("dangling", "/edges/e/target/x")


def test_the_edges_of_a_step_that_both_added_are_decided_each_by_itself() -> None:
    def added(step: str, edge: str) -> Any:
        return changed(lambda w: (w["nodes"].append({"id": step, "type": "end"}), w["edges"].append({"id": edge, "source": "m", "target": step})))  # fmt: skip

    mine, theirs = added("x", "g"), added("y", "h")
    asked: dict[str, str] = {}
    for at, is_mine in (("/nodes/x", True), ("/edges/h/target/y", False)):
        found = only(merge(workflow(), mine, theirs, asked))
        assert (found.at, found.mine.is_there) == (at, is_mine)
        asked[at] = MINE
    assert clean(merge(workflow(), mine, theirs, asked)) == mine


def test_two_variables_that_are_alike_but_for_their_names_are_both_kept() -> None:
    mine, theirs = (workflow(variables=[{"name": name, "type": "text"}]) for name in ("city", "street"))
    assert {each["name"] for each in clean(merge(workflow(variables=[]), mine, theirs))["variables"]} == {"city", "street"}  # fmt: skip


def test_two_who_move_the_same_step_are_told_of_it_as_of_one_thing() -> None:
    begin, mine, theirs = (
        workflow(nodes=[{**workflow()["nodes"][0], "position": {"x": x, "y": y}}])
        for x, y in ((0, 0), (5, 0), (0, 9))
    )
    found = only(merge(begin, mine, theirs))
    assert (found.kind, found.at, found.mine.value) == ("changed", "/nodes/n/position", {"x": 5, "y": 0})
    assert clean(merge(begin, mine, theirs, {found.at: MINE})) == mine
    # What is called so elsewhere is an object as any other.
    begin, mine, theirs = (workflow(settings={"a": {"position": at}}) for at in ({"x": 0, "y": 0}, {"x": 5, "y": 0}, {"x": 0, "y": 9}))  # fmt: skip
    assert clean(merge(begin, mine, theirs))["settings"] == {"a": {"position": {"x": 5, "y": 9}}}


def test_an_order_that_both_changed_is_told_and_one_that_one_changed_is_taken() -> None:
    begin = workflow(nodes=[{"id": name, "type": "end"} for name in "abc"], edges=[])
    mine, theirs = ({**begin, "nodes": [{"id": name, "type": "end"} for name in order]} for order in ("bac", "acb"))  # fmt: skip
    assert (only(merge(begin, mine, theirs)).kind, only(merge(begin, mine, theirs)).at) == ("order", "/nodes")
    longer = {**begin, "nodes": [*begin["nodes"], {"id": "d", "type": "end"}]}
    assert [node["id"] for node in clean(merge(begin, mine, longer))["nodes"]] == ["b", "a", "c", "d"]


@pytest.mark.parametrize("nodes", [[{"id": "a"}, {"id": "a"}], [{}], ["a"], {"a": 1}, None, [{"id": ["a"]}]])
def test_a_part_without_ids_is_taken_as_a_whole(nodes: Any) -> None:
    found = only(merge(workflow(), workflow(nodes=nodes), workflow(nodes=[])))
    assert (found.at, found.mine.value) == ("/nodes", nodes)
    assert clean(merge(workflow(), workflow(nodes=nodes), workflow(name="v"))) == workflow(nodes=nodes, name="v")  # fmt: skip


def test_true_is_not_one_and_a_key_with_a_slash_is_named() -> None:
    begin, mine, theirs = ({"settings": {"a/b~c": value}} for value in (0, True, 1))
    assert only(merge(begin, mine, theirs)).at == "/settings/a~1b~0c"


def test_a_decision_that_nothing_asked_for_is_said() -> None:
    assert merge(workflow(), workflow(), workflow(), {"/nodes/q": MINE}).unused == ("/nodes/q",)


def _calls(work: Callable[[], object]) -> int:
    """How many functions it calls, those written in C among them."""
    told = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal told
        told += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return told


class Counting(str):
    """A text that counts how often it is compared: what compares whole values at each depth does so again and again."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Counting.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def _large(nodes: int, depth: int, word: str = "x") -> dict[str, Any]:
    def nested(level: int) -> Any:
        return {"text": Counting(word)} if level == 0 else {"in": nested(level - 1)}

    return {
        "nodes": [{"id": f"n{i}", "type": "wait", "parameters": nested(depth)} for i in range(nodes)],
        "edges": [{"id": f"e{i}", "source": f"n{i}", "target": f"n{i + 1}"} for i in range(nodes - 1)],
    }  # fmt: skip


def _both_change_each(nodes: int, depth: int) -> Callable[[], object]:
    three = [_large(nodes, depth, word) for word in ("x", "y", "z")]
    return lambda: merge(*three)


def test_the_cost_grows_with_the_size_and_not_with_size_times_depth() -> None:
    assert len(merge(*[_large(2_000, 1, word) for word in "xyz"]).conflicts) == 2_000
    small, large = (_calls(_both_change_each(nodes, 1)) for nodes in (1_000, 2_000))
    assert large < 2.1 * small
    # As many values in all, once flat and once 32 deep.
    flat, deep = (_calls(_both_change_each(nodes, depth)) for nodes, depth in ((320, 2), (30, 40)))
    assert deep < 2.5 * flat
    Counting.compared = 0
    _both_change_each(50, 40)()
    assert Counting.compared < 10 * 50
