"""Formulas: exact arithmetic, dates, and refusals that name the place."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from expression_strategies import scopes
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import ExpressionFailed, ExpressionInvalid, ExpressionTooLarge, InputError
from atlas_workflows.expressions.formula import (
    calculate,
    formula_references,
    parse_formula,
    rename_references,
)

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "contact": {
        "score": 10,
        "price": "1.10",
        "visits": [3, "4", Decimal("5.5")],
        "name": "Zoë",
        "nothing": None,
    },
    "variables": {"big": 12345678901234567890123, "Gym size": 7, "huge": Decimal("1e99999")},
}


def value(formula: str) -> Any:
    return calculate(formula, SCOPE, now=NOW)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("2 * -3", -6),
        ("--3", 3),
        ("7 % 4", 3),
        ("0.1 + 0.2", Decimal("0.3")),
        ("6 / 2", 3),
        ("10 / 4", Decimal("2.5")),
        (".5 + 1e2", Decimal("100.5")),
        ("lead.score * 2", 20),
        ("{{ lead.score }} * contact.price", 11),
        ("variables.big + 1", 12345678901234567890124),
        ('variables["Gym size"] + 0', 7),
        ("contact.visits[1]", 4),
        ("sum(contact.visits)", Decimal("12.5")),
        ("avg(1, 2, 6)", 3),
        ("min(contact.visits) + max(3, 9)", 12),
        ("count(contact.visits)", 3),
        ("round(2.5) + round(-2.5) + round(1.005, 2)", Decimal("1.01")),
        ("floor(-1.5) + ceil(1.2) + abs(-3)", 3),
        ("number('12.50')", Decimal("12.5")),
        ("now() - date('2026-03-28')", Decimal("1.5")),
        ("now() - '2026-03-29T00:00:00Z'", Decimal("0.5")),
        ("contact.name", "Zoë"),
    ],
)
def test_value(formula: str, expected: Any) -> None:
    assert value(formula) == expected
    assert type(value(formula)) is type(expected)


def test_dates_move_by_days() -> None:
    assert value("date('2026-03-29T12:00:00Z') + 1.5") == datetime(2026, 3, 31, tzinfo=UTC)
    assert value("now() - 1") == datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "formula",
    ["contact.nothing + 1", "contact.gone", "contact.name * 2", "1 / 0", "0 % 0", "avg()", "abs(1, 2)",
     "round(1, -1)", "date('soon')", "1e999 * 1e999 * " + "1e999 * " * 20 + "1", "min('a')", "now() + 99999999999",
     "-contact.name", "sum(1e999)", "variables.huge", "variables.huge * 2"],
)  # fmt: skip
def test_data_without_a_result_fails_by_name(formula: str) -> None:
    with pytest.raises(ExpressionFailed):
        value(formula)


@pytest.mark.parametrize(
    "formula",
    ["", "1 +", "+ 1", "(1", "1)", "1 2", "a b", "f(", "eval('1')", "__import__('os')", "a; b", "1 ** 2", "a = 1",
     "[1]", "x.y()", "a && b", "sum(1,)", "'open"],
)  # fmt: skip
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ExpressionInvalid):
        value(formula)


@pytest.mark.parametrize(
    ("formula", "limit"),
    [
        ("1+" * 2_000 + "1", "MAX_FORMULA_CHARACTERS"),
        ("(" * 200 + "1" + ")" * 200, "MAX_FORMULA_DEPTH"),
        ("-" * 500 + "1", "MAX_FORMULA_DEPTH"),
        ("abs(" * 60 + "1" + ")" * 60, "MAX_FORMULA_DEPTH"),
    ],
)
def test_limits_are_named(formula: str, limit: str) -> None:
    with pytest.raises(ExpressionTooLarge, match=limit):
        value(formula)


@pytest.mark.parametrize(
    "hostile",
    ["{{" + " " * 1_990, "{{ a" + " " * 1_900 + "}", "a[1]" * 499, "'" + "a" * 1_990, "(" * 49 + "1"],
)
def test_hostile_formulas_are_done_with_at_once(hostile: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionInvalid):
        parse_formula(hostile)
    assert time.process_time() - started < 1


def test_references_and_renaming() -> None:
    formula = "round(score * 2, 1) + lead.score - max(a, {{ b.c }})"
    assert formula_references(formula) == ("score", "lead.score", "a", "b.c")
    renamed = rename_references(formula, lambda path: f"contact.{path}")
    assert formula_references(renamed) == tuple(f"contact.{path}" for path in formula_references(formula))
    parse_formula(renamed)


@given(st.lists(st.integers(-(10**25), 10**25), min_size=1, max_size=8), st.sampled_from("+-*"))
def test_whole_numbers_compute_as_in_python(numbers: list[int], symbol: str) -> None:
    formula = f" {symbol} ".join(f"({number})" for number in numbers[:3])
    expected = numbers[0]
    for number in numbers[1:3]:
        expected = {"+": expected + number, "-": expected - number, "*": expected * number}[symbol]
    assert value(formula) == expected
    assert value("max(" + ", ".join(map(str, numbers)) + ")") == max(numbers)


@given(st.text(alphabet="1.e+-*/%(), abcontact{}[]'\"", max_size=40), scopes)
def test_any_text_ends_with_a_value_or_a_message(formula: str, scope: Any) -> None:
    result = value_or_message(formula, scope)
    assert not isinstance(result, float | bytes)
    assert not isinstance(result, Decimal) or result.is_finite()


def value_or_message(formula: str, scope: Any) -> Any:
    try:
        return calculate(formula, scope, now=NOW)
    except InputError as error:
        return f"{error.fact} {error.remedy}"
