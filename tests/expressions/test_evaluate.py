"""Conditions: what each operator answers, what is refused where JSON enters, and how an answer is explained."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from atlas_workflows.errors import ExpressionInvalid, ExpressionTooLarge
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.condition import leaves, parse_condition, print_condition
from atlas_workflows.expressions.evaluate import compile_condition, evaluate, explain
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.truth_table import SECTIONS, answers

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def holds(operator: str, actual: Any, value: Any = None, *, timezone: str = "UTC", **more: Any) -> bool:
    scope = {} if actual is MISSING else {"f": actual}
    leaf = {"field": "f", "operator": operator, "value": value, **more}
    return evaluate(leaf, scope, now=NOW, timezone=timezone)


@pytest.mark.parametrize(
    ("operator", "actual", "value", "expected"),
    [
        ("equals", "New", "new", True),
        ("equals", "Zoe\u0308", "ZO\u00cb", True),
        ("equals", "straße", "STRASSE", True),
        ("equals", "5", 5, True),
        ("equals", " 5 ", 5, True),
        ("equals", "5.0", "5", False),
        ("equals", Decimal("1.10"), "1.1", True),
        ("equals", 12345678901234567890123, "12345678901234567890123", True),
        ("equals", 12345678901234567890123, 12345678901234567890124, False),
        ("equals", 0.1, Decimal("0.1"), True),
        ("equals", True, 1, False),
        ("equals", "yes", True, False),
        ("equals", "TRUE", True, True),
        ("equals", MISSING, None, True),
        ("equals", MISSING, "", False),
        ("equals", [1, "A"], ["1", "a"], True),
        ("equals", {"a": "X"}, {"a": "x"}, True),
        ("equals", {"a": "X"}, {"b": "x"}, False),
        ("not_equals", MISSING, "new", True),
        ("strict_equals", "Zoe\u0308", "Zo\u00eb", False),
        ("strict_equals", 1, True, False),
        ("strict_equals", 1, Decimal("1.0"), True),
        ("strict_equals", [1, {"a": None}], [1, {"a": None}], True),
        ("strict_equals", MISSING, None, False),
        ("strict_not_equals", "1", 1, True),
        ("greater_than", "10", 9, True),
        ("greater_than", "10", "9", True),
        ("less_than", None, 5, False),
        ("less_than", "", 5, False),
        ("less_than_or_equal", Decimal("1e999999"), 10**30, False),
        ("greater_than", "2026-03-29", "2026-03-28T23:59:59Z", True),
        ("between", 5, [5, 9], True),
        ("between", 9, ["5", "9"], True),
        ("between", 7, [9, 5], False),
        ("contains", "Bench Press", "PRESS", True),
        ("contains", ["a", 5], "5", True),
        ("contains", {"a": 1}, "a", False),
        ("contains", "abc", "{{ '' }}", False),
        ("contains", ["", "a"], "{{ '' }}", False),
        ("contains", MISSING, "{{ '' }}", False),
        ("not_contains", "abc", "{{ '' }}", True),
        ("starts_with", "abc", "{{ '' }}", False),
        ("ends_with", "abc ", "{{ ' ' }}", False),
        ("has_tag", ["", "a"], "{{ '' }}", False),
        ("contains_words", "No, thanks", "no", True),
        ("contains_words", "I know the way", "no", False),
        ("contains_words", "no", "{{ '' }}", False),
        ("not_contains", MISSING, "a", True),
        ("starts_with", "Ärger", "är", True),
        ("ends_with", 1234, 34, True),
        ("in", "VIP", ["vip", "x"], True),
        ("in", ["c", "b"], ["a", "b"], True),
        ("in", 5, ["5"], True),
        ("in", True, ["true"], True),
        ("in", MISSING, [None], True),
        ("not_in", MISSING, ["a"], True),
        ("exists", False, None, True),
        ("exists", None, None, False),
        ("is_empty", 0, None, False),
        ("is_empty", " \n", None, True),
        ("is_null", MISSING, None, True),
        ("is_true", "Yes", None, True),
        ("is_true", 2, None, False),
        ("is_false", MISSING, None, False),
        ("is_false", Decimal("0.0"), None, True),
        ("matches_regex", "Order 42", r"\d{2}$", True),
        ("matches_regex", MISSING, ".*", False),
        ("has_tag", "vip, Trial", "trial", True),
        ("has_tag", [{"id": 7, "name": "VIP"}], 7, True),
        ("not_has_tag", None, "x", True),
        ("has_all", ["a", "b", "c"], ["A", "C"], True),
        ("has_all", ["a"], ["a", "b"], False),
    ],
)  # fmt: skip
def test_operator(operator: str, actual: Any, value: Any, expected: bool) -> None:
    assert holds(operator, actual, value) is expected


@pytest.mark.parametrize(
    ("operator", "actual", "value", "expected"),
    [
        ("before", "2026-03-29", "2026-03-30", True),
        ("before", "2026-03-29T23:30:00-05:00", "2026-03-30", False),
        ("after", "2026-03-29T10:00:00Z", "2026-03-29", False),
        ("after", "2026-03-30T00:00:00Z", "2026-03-29", True),
        ("after", datetime(2026, 3, 29, 12, 0, 1, tzinfo=UTC), "now", True),
        ("after", 1774785600, "2020-01-01", False),
        ("before", "03/04/2026", "2030-01-01", False),
        ("days_ago_less_than", "2026-03-22T12:00:01Z", 7, True),
        ("days_ago_less_than", "2026-03-22T12:00:00Z", "7", False),
        ("days_ago_greater_than", "2026-03-21", 7, True),
        ("days_ago_greater_than", "2026-03-22", 7, False),
        ("within", "2026-03-22T12:00:00Z", {"amount": 7, "unit": "days"}, True),
        ("within", "2026-03-29T12:00:01Z", {"amount": 7, "unit": "days"}, False),
        ("within", "2026-03-22", {"amount": 1, "unit": "weeks"}, True),
        ("not_within", "soon", {"amount": 1, "unit": "weeks"}, True),
        ("exactly", "2026-03-28T00:00:00Z", {"amount": 1, "unit": "days"}, True),
        ("exactly", "2026-03-29T10:00:01Z", {"amount": 2, "unit": "hours"}, False),
        ("exactly", "2026-03-29T09:59:59Z", {"amount": 2, "unit": "hours"}, True),
    ],
)  # fmt: skip
def test_time(operator: str, actual: Any, value: Any, expected: bool) -> None:
    assert holds(operator, actual, value) is expected


def test_a_day_means_the_day_in_the_given_zone() -> None:
    assert holds("equals", "2026-03-28T23:30:00Z", "2026-03-29", type="date", timezone="Europe/Paris")
    assert not holds("equals", "2026-03-28T23:30:00Z", "2026-03-29", type="date", timezone="Europe/London")


def test_case_sensitive_still_folds_composition() -> None:
    assert holds("equals", "Zoe\u0308", "Zo\u00eb", case_sensitive=True)
    assert not holds("equals", "ZO\u00cb", "Zo\u00eb", case_sensitive=True)


@pytest.mark.parametrize(
    ("kind", "actual", "value", "expected"),
    [
        ("number", "5.0", "5", True),
        ("number", "five", "five", False),
        ("text", 5, "5", True),
        ("text", Decimal("5.0"), "5", False),
        ("boolean", "yes", 1, True),
        ("date", "2026-03-29T00:00:00Z", "2026-03-29", True),
        ("list", "a, b", ["a", "b"], True),
        ("number", None, None, True),
    ],
)
def test_a_type_reads_both_sides(kind: str, actual: Any, value: Any, expected: bool) -> None:
    assert holds("equals", actual, value, type=kind) is expected


def test_groups() -> None:
    yes, no = ({"field": "f", "operator": name} for name in ("exists", "not_exists"))

    def group(operator: str, *members: Any) -> bool:
        return evaluate({"operator": operator, "conditions": members}, {"f": 1}, now=NOW)

    assert [group("and", yes, yes), group("and", yes, no), group("and")] == [True, False, True]
    assert [group("or", no, yes), group("or", no, no), group("or")] == [True, False, False]
    assert [group("not", no), group("not", no, yes), group("not")] == [True, False, True]


def test_values_may_refer_to_the_scope_and_keep_their_type() -> None:
    scope = {"contact": {"score": 10**30}, "variables": {"limit": 10**30}}

    def ask(operator: str, value: Any) -> bool:
        return evaluate({"field": "lead.score", "operator": operator, "value": value}, scope, now=NOW)

    assert ask("strict_equals", "{{ variables.limit }}")
    assert ask("greater_than", {"$formula": "variables.limit - 1"})
    assert not ask("equals", {"$formula": "variables.nothing - 1"})
    assert not ask("equals", "{{ variables.nothing }}")


def test_now_is_a_field_too() -> None:
    assert evaluate({"field": "now", "operator": "after", "value": "2026-03-28"}, {}, now=NOW)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"field": "a", "operator": "resembles", "value": 1}, "operator"),
        ({"field": "a..b", "operator": "exists"}, "field"),
        ({"field": "a", "operator": "exists", "value": 1}, "value"),
        ({"field": "a", "operator": "between", "value": [1]}, "value"),
        ({"field": "a", "operator": "in", "value": "x"}, "value"),
        ({"field": "a", "operator": "within", "value": {"amount": 1, "unit": "moons"}}, "value"),
        ({"field": "a", "operator": "days_ago_less_than", "value": "many"}, "value"),
        ({"field": "a", "operator": "equals", "value": "{{ a | shout }}"}, "value"),
        ({"field": "a", "operator": "equals", "value": {"$formula": "1 +"}}, "value"),
        ({"field": "a", "operator": "equals", "value": {"$formula": {"b": 1}}}, "value"),
        ({"field": "a", "operator": "equals", "value": {"$formula": ["1"]}}, "value"),
        ({"field": "a", "operator": "equals", "value": {"$formula": None}}, "value"),
        ({"field": "a", "operator": "contains", "value": ""}, "value"),
        ({"field": "a", "operator": "not_contains"}, "value"),
        ({"field": "a", "operator": "contains", "value": []}, "value"),
        ({"field": "a", "operator": "contains_words", "value": " \n"}, "value"),
        ({"field": "a", "operator": "starts_with", "value": " "}, "value"),
        ({"field": "a", "operator": "ends_with", "value": None}, "value"),
        ({"field": "a", "operator": "has_tag", "value": "\u2003"}, "value"),
        ({"field": "a", "operator": "in", "value": []}, "value"),
        ({"field": "a", "operator": "has_all", "value": []}, "value"),
        ({"field": "a", "operator": "matches_regex", "value": ""}, "value"),
        ({"operator": "and", "conditions": [{"field": "a", "operator": "contains", "value": ""}]}, "conditions.0.value"),
        ({"field": "a", "operator": "equals", "value": "{{ a"}, "value"),
        ({"field": "a", "operator": "exists", "extra": 1}, "extra"),
        ({"operator": "xor", "conditions": []}, "operator"),
        ({"operator": "and", "conditions": [{"field": "a", "operator": "matches_regex", "value": "("}]}, "conditions.0.value"),
        ("status = new", "condition"),
        ([], "condition"),
        (None, "condition"),
    ],
)  # fmt: skip
def test_bad_conditions_are_refused_with_their_place(raw: Any, place: str) -> None:
    with pytest.raises(ExpressionInvalid) as refusal:
        parse_condition(raw)
    assert refusal.value.attributes["field"] == place


def test_depth_and_size_are_bounded_by_name() -> None:
    deep: dict[str, Any] = {"field": "a", "operator": "exists"}
    for _ in range(20_000):
        deep = {"operator": "not", "conditions": [deep]}
    with pytest.raises(ExpressionTooLarge, match="MAX_CONDITION_DEPTH"):
        parse_condition(deep)
    wide = {"operator": "and", "conditions": [{"field": "a", "operator": "exists"}] * 100_000}
    with pytest.raises(ExpressionTooLarge, match="MAX_CONDITION_LEAVES"):
        parse_condition(wide)
    many = {"field": "a", "operator": "in", "value": list(range(limits.MAX_LIST_VALUES + 1))}
    with pytest.raises(ExpressionInvalid, match="MAX_LIST_VALUES"):
        parse_condition(many)


def test_two_long_lists_cost_their_sum() -> None:
    leaf = {"field": "f", "operator": "has_any", "value": list(range(limits.MAX_LIST_VALUES))}
    assert not evaluate(leaf, {"f": [str(-n) + "x" for n in range(200_000)]}, now=NOW)


def test_marks_without_end_are_not_normalised() -> None:
    bomb = "a" + "\u0300\u0316" * 100_000
    assert holds("equals", bomb, bomb)
    assert not holds("contains", bomb, "\u00e0")


def test_compiling_is_kept_and_leaves_no_trace() -> None:
    raw = {"operator": "and", "conditions": [{"field": "a", "operator": "equals", "value": [1]}]}
    condition = parse_condition(raw)
    assert compile_condition(condition) is compile_condition(condition)
    assert condition == parse_condition(raw)
    assert print_condition(condition) == raw
    assert [leaf.field for leaf in leaves(condition)] == ["a"]


def test_explanation_names_what_it_saw() -> None:
    condition = {
        "operator": "or",
        "conditions": [
            {"field": "contact.status", "operator": "equals", "value": "new"},
            {"field": "contact.score", "operator": "greater_than", "value": "{{ variables.limit }}"},
        ],
    }
    found = explain(condition, {"contact": {"status": "old"}, "variables": {"limit": 5}}, now=NOW)
    assert (found.holds, found.operator) == (False, "or")
    assert [(part.holds, part.field, part.actual, part.expected) for part in found.members] == [
        (False, "contact.status", "old", "new"),
        (False, "contact.score", MISSING, 5),
    ]


def test_the_truth_table_asks_every_operator() -> None:
    asked = {question["operator"] for section in SECTIONS for question in section.questions}
    assert asked == {operator.value for operator in Operator}
    cells = [cell for *_, cell in answers()]
    assert True in cells
    assert False in cells
