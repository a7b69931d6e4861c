"""JSON Patch as RFC 6902 says it (its appendix A is the first table), whole or not at all, and within bounds."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.graph.patch import MOST_OPERATIONS, PatchInvalid, PatchTestFailed, apply_patch

pytestmark = pytest.mark.pure

EXAMPLES: list[tuple[Any, list[Any], Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
    ({"foo": {"bar": 1}, "qux": {}}, [{"op": "move", "from": "/foo/bar", "path": "/qux/thud"}], {"foo": {}, "qux": {"thud": 1}}),
    ({"foo": ["all", "grass", "cows", "eat"]}, [{"op": "move", "from": "/foo/1", "path": "/foo/3"}], {"foo": ["all", "cows", "eat", "grass"]}),
    ({"baz": "qux", "foo": ["a", 2]}, [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}], {"baz": "qux", "foo": ["a", 2]}),
    ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grand": {}}}], {"foo": "bar", "child": {"grand": {}}}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": [1]}], [1]),
    ({"a": {"b": [1]}}, [{"op": "copy", "from": "/a", "path": "/c"}, {"op": "add", "path": "/c/b/0", "value": 0}], {"a": {"b": [1]}, "c": {"b": [0, 1]}}),
    ({"": 1}, [{"op": "remove", "path": "/"}], {}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"a": None}, [{"op": "test", "path": "/a", "value": None}, {"op": "replace", "path": "/a", "value": 1}], {"a": 1}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "patch", "expected"), EXAMPLES)
def test_the_examples(document: Any, patch: list[Any], expected: Any) -> None:
    before = deepcopy(document)
    assert apply_patch(document, patch) == expected
    assert document == before


@pytest.mark.parametrize(
    ("document", "operation", "field"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": 1}, "0.path"),
        ({"foo": ["a"]}, {"op": "add", "path": "/foo/2", "value": 1}, "0.path"),
        ({"foo": ["a"]}, {"op": "remove", "path": "/foo/-"}, "0.path"),
        ({"foo": ["a"]}, {"op": "remove", "path": "/foo/00"}, "0.path"),
        ({"foo": ["a"]}, {"op": "remove", "path": "/foo/\u0660"}, "0.path"),
        ({"foo": ["a"]}, {"op": "replace", "path": "/foo/-1", "value": 1}, "0.path"),
        ({"foo": 1}, {"op": "replace", "path": "/bar", "value": 1}, "0.path"),
        ({"foo": 1}, {"op": "remove", "path": ""}, "0.path"),
        ({"foo": 1}, {"op": "remove", "path": "foo"}, "0.path"),
        ({"foo": 1}, {"op": "remove", "path": "/~2"}, "0.path"),
        ({"foo": 1}, {"op": "remove", "path": 7}, "0.path"),
        ({"foo": 1}, {"op": "remove"}, "0.path"),
        ({"foo": 1}, {"op": "add", "path": "/a"}, "0.value"),
        ({"foo": 1}, {"op": "move", "path": "/a"}, "0.from"),
        ({"foo": 1}, {"op": "move", "from": "/b", "path": "/a"}, "0.from"),
        ({"foo": {"a": 1}}, {"op": "move", "from": "/foo", "path": "/foo/a"}, "0.path"),
        ({"foo": 1}, {"op": "spam", "path": "/a"}, "0.op"),
        ({"foo": 1}, {"op": "remove", "path": "/foo", "paht": "x"}, "0.paht"),
        ({"foo": 1}, "remove", "0"),
    ],
)
def test_what_cannot_be_is_said_by_its_place(document: Any, operation: Any, field: str) -> None:
    with pytest.raises(PatchInvalid) as refused:
        apply_patch(document, [operation])
    assert refused.value.attributes["field"] == field


@pytest.mark.parametrize(
    ("there", "asked"), [(1, True), (0, False), ("1", 1), (None, False), ([1], {"0": 1})]
)
def test_a_test_does_not_take_one_thing_for_another(there: Any, asked: Any) -> None:
    with pytest.raises(PatchTestFailed):
        apply_patch({"a": there}, [{"op": "test", "path": "/a", "value": asked}])


def test_a_small_patch_makes_no_large_draft() -> None:
    document = {"a": [{"b": list(range(100))}]}
    doubling = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 30
    with pytest.raises(PatchInvalid, match="too large"):
        apply_patch(document, doubling)
    text = [{"op": "add", "path": "/x", "value": "x" * 50_000}]
    with pytest.raises(PatchInvalid, match="too large"):
        apply_patch({}, text + [{"op": "copy", "from": "/x", "path": f"/x{n}"} for n in range(200)])
    with pytest.raises(PatchInvalid, match="at most 1,000") as refused:
        apply_patch({}, [{"op": "test", "path": "", "value": {}}] * (MOST_OPERATIONS + 1))
    assert refused.value.attributes["field"] == "body"


def test_no_draft_is_nested_deeper_than_can_be_read() -> None:
    nesting = [{"op": "add", "path": "/a" * depth, "value": {}} for depth in range(1, 70)]
    with pytest.raises(PatchInvalid, match="64 deep"):
        apply_patch({}, nesting)
    chain: dict[str, Any] = {}
    for _ in range(51):
        chain = {"a": chain}
    doubling = [{"op": "copy", "from": "/a", "path": "/a" * (50 * 2**times + 1)} for times in range(6)]
    with pytest.raises(PatchInvalid, match="64 deep") as refused:
        apply_patch(chain, doubling)
    assert refused.value.attributes["field"] == "0.path"
    with pytest.raises(PatchInvalid, match="64 deep"):
        apply_patch(
            {"a": 1},
            [
                {"op": "replace", "path": "/a", "value": chain["a"]},
                {"op": "copy", "from": "/a", "path": "/a" * 20},
            ],
        )


KEYS = st.sampled_from(["a", "b", "/", "~", ""])
VALUES = st.recursive(st.integers(0, 3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=4), KEYS, VALUES)
def test_what_was_added_can_be_taken_away_again(document: dict[str, Any], key: str, value: Any) -> None:
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    added = apply_patch(document, [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}])  # fmt: skip
    assert added == {**document, key: value}
    back = [{"op": "replace", "path": path, "value": document[key]}] if key in document else [{"op": "remove", "path": path}]  # fmt: skip
    assert apply_patch(added, back) == document
