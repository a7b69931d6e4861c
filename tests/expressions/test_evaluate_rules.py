"""Rules that hold for every condition and every scope."""

import time
from datetime import UTC, datetime
from typing import Any

from expression_strategies import conditions, leaves, scopes, values
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.exact_json import dumps, loads
from atlas_workflows.expressions.comparisons import COMPARISONS
from atlas_workflows.expressions.condition import parse_condition, print_condition
from atlas_workflows.expressions.evaluate import evaluate, explain
from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.operators import NEGATIONS, SEEKING, Operand, Operator, operand_of
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.shortcuts import fixed_answer
from atlas_workflows.expressions.values import is_blank

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
ZONES = st.sampled_from(("UTC", "Europe/London", "Pacific/Kiritimati", "America/New_York"))


def ask(condition: Any, scope: Any, zone: str = "UTC") -> bool:
    return evaluate(condition, scope, now=NOW, timezone=zone)


@settings(max_examples=300)
@given(conditions, scopes, ZONES)
def test_evaluating_never_fails(condition: Any, scope: Any, zone: str) -> None:
    assert ask(condition, scope, zone) in (True, False)


@given(conditions, scopes)
def test_an_explanation_agrees_with_the_answer(condition: Any, scope: Any) -> None:
    assert explain(condition, scope, now=NOW).holds is ask(condition, scope)


@given(conditions)
def test_printing_and_parsing_are_inverse(condition: Any) -> None:
    parsed = parse_condition(condition)
    assert parse_condition(print_condition(parsed)) == parsed


@given(st.lists(conditions, max_size=3), scopes)
def test_de_morgan(members: list[Any], scope: Any) -> None:
    def group(operator: str, inner: list[Any]) -> dict[str, Any]:
        return {"operator": operator, "conditions": inner}

    turned = [group("not", [member]) for member in members]
    assert ask(group("not", members), scope) is ask(group("and", turned), scope)
    assert ask(group("not", [group("and", members)]), scope) is ask(group("or", turned), scope)


@given(leaves, scopes)
def test_a_negated_operator_answers_the_opposite(leaf: dict[str, Any], scope: Any) -> None:
    opposites = {first.value: second.value for first, second in NEGATIONS.items()}
    opposites |= {second: first for first, second in opposites.items()}
    if leaf["operator"] in opposites:
        turned = {**leaf, "operator": opposites[leaf["operator"]]}
        assert ask(turned, scope) is not ask(leaf, scope)


@given(st.integers(min_value=-(10**60), max_value=10**60), st.integers(-3, 3))
def test_integers_are_exact_at_any_size(value: int, shift: int) -> None:
    other = value + shift
    for spelled in (other, str(other), loads(dumps(other))):
        assert ask({"field": "f", "operator": "equals", "value": spelled}, {"f": value}) is (shift == 0)
        assert ask({"field": "f", "operator": "less_than", "value": spelled}, {"f": value}) is (shift > 0)


@given(values, values)
def test_at_most_one_of_less_equal_and_greater_holds(left: Any, right: Any) -> None:
    scope = {"f": left, "g": right}
    answers = [
        ask({"field": "f", "operator": operator, "value": "{{ g }}"}, scope)
        for operator in ("less_than", "greater_than")
    ]
    assert answers != [True, True]


@given(values)
def test_a_value_is_in_a_list_exactly_when_it_is_contained(value: Any) -> None:
    member = {"field": "f", "operator": "in", "value": "{{ g }}"}
    holds = {"field": "g", "operator": "contains", "value": "{{ f }}"}
    if not isinstance(value, list) and not is_blank(value):
        scope = {"f": value, "g": ["x", value, 5]}
        assert ask(member, scope) is ask(holds, scope)


PLAIN = (
    st.text(max_size=6)
    | st.text("aA\u00e9\u00c9", max_size=3)
    | st.integers(-3, 3)
    | st.sampled_from(("a,b", "5", "true", "Zoe\u0308", None, True))
)


@settings(max_examples=300)
@given(
    st.sampled_from(list(COMPARISONS)),
    PLAIN | st.lists(PLAIN, max_size=3),
    values | PLAIN | st.lists(PLAIN, max_size=3),
    st.booleans(),
)
def test_a_shortcut_answers_like_the_comparison(
    operator: Operator, expected: Any, actual: Any, cased: bool
) -> None:
    at = moment(NOW)
    short, long = fixed_answer(operator, expected, cased), COMPARISONS[operator]
    if operator is not Operator.MATCHES_REGEX:
        assert short(actual, at) is long(actual, expected, cased, at)


def test_hundreds_of_questions_about_one_long_text_are_done_with_at_once() -> None:
    leaf = {"field": "contact.note", "operator": "equals", "value": "x"}
    text = ("e" + "\u0301" * 29) * 20_000
    started = time.process_time()
    assert not ask({"operator": "or", "conditions": [leaf] * 400}, {"contact": {"note": text}})
    assert time.process_time() - started < 5


COMPARING = sorted(
    operator.value
    for operator in Operator
    if operator not in NEGATIONS and operand_of(operator) in (Operand.ANY, Operand.PAIR, Operand.LIST)
)
NOTHING = st.sampled_from((MISSING, None, [], [None]))


@given(
    st.sampled_from(COMPARING),
    values | st.just(MISSING),
    st.sampled_from((MISSING, None)),
    st.sampled_from(("{{ g }}", " {{ g }} ", "{{ g }}{{ g }}", {"$formula": "g"})),
    st.sampled_from((None, "text", "number", "date", "boolean", "list")),
)
def test_what_is_missing_equals_nothing(
    operator: str, actual: Any, nothing: Any, value: Any, type_: Any
) -> None:
    scope = {name: found for name, found in (("f", actual), ("g", nothing)) if found is not MISSING}
    leaf = {"field": "f", "operator": operator, "value": value} | ({"type": type_} if type_ else {})
    assert ask(leaf, scope) is False


@given(st.sampled_from(("in", "has_any", "has_all")), NOTHING, NOTHING)
def test_no_list_that_is_found_holds_what_is_missing(operator: str, actual: Any, found: Any) -> None:
    scope = {name: value for name, value in (("f", actual), ("g", found)) if value is not MISSING}
    assert ask({"field": "f", "operator": operator, "value": "{{ g }}"}, scope) is False


@given(st.sampled_from((MISSING, None)), st.booleans())
def test_only_a_null_that_is_written_out_asks_for_null(nothing: Any, typed: bool) -> None:
    scope = {} if nothing is MISSING else {"f": nothing}
    more = {"type": "text"} if typed else {}
    assert ask({"field": "f", "operator": "equals", "value": None, **more}, scope)
    assert ask({"field": "f", "operator": "in", "value": [None], **more}, scope)


@given(
    st.sampled_from([o for o in COMPARING if o in SEEKING or o in ("in", "has_any", "has_all")]),
    values | st.lists(st.sampled_from(("", " ", "a")), max_size=3),
    st.sampled_from(("", " ", "\u2003\n", [], None, {})),
)
def test_what_turns_out_blank_is_found_nowhere(operator: str, actual: Any, blank: Any) -> None:
    if operator in SEEKING or isinstance(blank, list | None):
        assert (
            ask({"field": "f", "operator": operator, "value": "{{ g }}"}, {"f": actual, "g": blank}) is False
        )
