"""Against an independent evaluator: json-logic answers the questions that both understand alike."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from json_logic import jsonLogic

from atlas_workflows.expressions.evaluate import evaluate

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
OPERATORS = {
    "strict_equals": "===",
    "strict_not_equals": "!==",
    "greater_than": ">",
    "greater_than_or_equal": ">=",
    "less_than": "<",
    "less_than_or_equal": "<=",
    "in": "in",
}
WORDS = st.sampled_from(("a", "b", "ab", "x y"))
NUMBERS = st.integers(-3, 3)
Pair = tuple[dict[str, Any], dict[str, Any]]


def _leaf(field: str, operator: str, value: Any) -> Pair:
    ours = {"field": f"contact.{field}", "operator": operator, "value": value}
    return ours, {OPERATORS[operator]: [{"var": f"contact.{field}"}, value]}


def _group(operator: str, members: list[Pair]) -> Pair:
    ours = {"operator": operator, "conditions": [member for member, _ in members]}
    theirs = [member for _, member in members]
    return ours, {"!": [{"or": theirs}]} if operator == "not" else {operator: theirs}


NUMERIC = st.builds(_leaf, st.just("n"), st.sampled_from([o for o in OPERATORS if o != "in"]), NUMBERS)
TEXTUAL = st.builds(_leaf, st.just("w"), st.sampled_from(("strict_equals", "strict_not_equals")), WORDS)
LISTED = st.builds(_leaf, st.just("w"), st.just("in"), st.lists(WORDS, min_size=1, max_size=3))
PAIRS = st.recursive(
    NUMERIC | TEXTUAL | LISTED,
    lambda inner: st.builds(_group, st.sampled_from(("and", "or", "not")), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=10,
)  # fmt: skip


@given(PAIRS, NUMBERS, WORDS)
def test_both_answer_alike(pair: Pair, number: int, word: str) -> None:
    ours, theirs = pair
    scope = {"contact": {"n": number, "w": word}}
    assert evaluate(ours, scope, now=NOW) is bool(jsonLogic(theirs, scope))
