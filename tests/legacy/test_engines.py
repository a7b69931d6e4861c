"""The old engines' ways of comparing, and that our conditions keep their answers or show where they do not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.exact_json import dumps, loads
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.operators import SEEKING, Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.truth_table import NOW
from atlas_workflows.expressions.values import is_blank
from atlas_workflows.legacy.conditions.engines import (
    PROBE,
    PROFILES,
    Example,
    Question,
    carried_over,
    difference,
    legacy_answer,
    plausible_values,
)

EQUALS, NOT_EQUALS, CONTAINS = Operator.EQUALS, Operator.NOT_EQUALS, Operator.CONTAINS


@pytest.mark.parametrize(
    ("engine", "operator", "actual", "value", "expected"),
    [
        ("label", EQUALS, "5", 5, True),
        ("label", EQUALS, 1, True, True),
        ("label", EQUALS, "true", True, False),
        ("label", EQUALS, MISSING, None, True),
        ("label", EQUALS, ["new"], "new", True),
        ("label", EQUALS, "New", "new", False),
        ("label", EQUALS, "", 0, True),
        ("strict", EQUALS, "5", 5, False),
        ("strict", EQUALS, Decimal("5.0"), 5, True),
        ("strict", EQUALS, [1], [1], False),
        ("queue", EQUALS, "5", 5, True),
        ("queue", EQUALS, 5, "5", True),
        ("queue", EQUALS, "true", True, True),
        ("formula", EQUALS, "a/b", "a/b", False),
        ("formula", NOT_EQUALS, "a/b", "a/b", True),
        ("label", NOT_EQUALS, MISSING, "new", True),
        ("service", NOT_EQUALS, MISSING, "new", False),
        ("label", CONTAINS, "NEW LEAD", "new", True),
        ("strict", CONTAINS, "NEW LEAD", "new", False),
        ("strict", CONTAINS, ["new"], "new", True),
        ("strict", EQUALS, 2**53 + 1, 2**53, True),
        ("queue", Operator.GREATER_THAN, 2**53 + 1, 2**53, False),
        ("queue", Operator.STRICT_NOT_EQUALS, "1", 1, True),
        ("queue", Operator.STARTS_WITH, "Abc", "a", False),
    ],
)
def test_old_answers(engine: str, operator: Operator, actual: Any, value: Any, expected: bool) -> None:
    assert legacy_answer(Question(operator, value), actual, PROFILES[engine]) is expected


@pytest.mark.parametrize(
    ("engine", "operator", "value"),
    [
        ("label", EQUALS, "new"),
        ("label", CONTAINS, "new"),
        ("strict", EQUALS, 5),
        ("strict", CONTAINS, "new"),
        ("service", NOT_EQUALS, "new"),
        ("queue", EQUALS, 5),
        ("formula", EQUALS, "new"),
        ("label", Operator.IN, ["a", "b"]),
        ("strict", Operator.LESS_THAN, 5),
    ],
)
def test_answers_that_are_kept(engine: str, operator: Operator, value: Any) -> None:
    assert difference(Question(operator, value), PROFILES[engine]) is None


@pytest.mark.parametrize(
    ("engine", "question", "shown"),
    [
        ("label", Question(EQUALS, True), 1),
        ("label", Question(EQUALS, "vip", of_list=True), ["vip"]),
        ("formula", Question(EQUALS, "a/b"), "a/b"),
        ("formula", Question(NOT_EQUALS, "a/b"), "a/b"),
        ("strict", Question(EQUALS, 2**53 + 1), 2**53),
    ],
)
def test_differences_are_shown_with_a_value(engine: str, question: Question, shown: Any) -> None:
    found = difference(question, PROFILES[engine])
    assert found is not None
    assert found[1].before is not found[1].after
    condition = compile_condition(parse_condition(carried_over(question, PROBE, PROFILES[engine])))
    assert legacy_answer(question, shown, PROFILES[engine]) is not condition({PROBE: shown}, moment(NOW))


def test_engines_are_compared_with_each_other_where_nobody_knows_which() -> None:
    found = difference(Question(CONTAINS, "new"), PROFILES["queue"], tuple(PROFILES.values()))
    assert found == (PROFILES["label"], Example("NEW", before=True, after=False))


QUESTIONS = st.builds(
    Question,
    st.sampled_from((EQUALS, NOT_EQUALS, CONTAINS, Operator.NOT_CONTAINS, Operator.GREATER_THAN, Operator.LESS_THAN)),
    st.text(max_size=8) | st.integers() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False) | st.none(),
    st.booleans(),
).filter(lambda question: question.operator not in SEEKING or not is_blank(question.value))  # fmt: skip


@given(QUESTIONS, st.sampled_from(sorted(PROFILES)))
def test_no_difference_means_the_same_answers(question: Question, engine: str) -> None:
    profile = PROFILES[engine]
    question = replace(question, value=loads(dumps(question.value)))  # as it comes out of the database
    ours = compile_condition(parse_condition(carried_over(question, PROBE, profile)))
    differing = [
        value
        for value in plausible_values(question.value, question.of_list)
        if legacy_answer(question, value, profile)
        is not ours({} if value is MISSING else {PROBE: value}, moment(NOW))
    ]
    found = difference(question, profile)
    assert (found is None) is (differing == [])
    if found is not None:
        assert found[1].value == differing[0]
