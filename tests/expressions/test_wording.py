"""Answers in words: the comparisons that decided, the values they saw, nothing that did not matter."""

from datetime import UTC, datetime
from typing import Any

import pytest
from expression_strategies import conditions, scopes
from hypothesis import given

from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.wording import why

AT = moment(datetime(2026, 3, 29, 12, tzinfo=UTC))
SCOPE = {"contact": {"status": "new", "score": 12, "tags": ["vip"]}}
STATUS = {"field": "contact.status", "operator": "equals", "value": "new"}
SCORE = {"field": "contact.score", "operator": "greater_than", "value": 50}
EMAIL = {"field": "contact.email", "operator": "is_empty"}
STATUS_SAID = 'contact.status is "new", asked: equals "new"'
SCORE_SAID = "contact.score is 12, asked: greater than 50"
EMAIL_SAID = "contact.email is not set, asked: is empty"


def group(operator: str, *members: Any) -> dict[str, Any]:
    return {"operator": operator, "conditions": list(members)}


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (STATUS, f"Yes: {STATUS_SAID}."),
        (SCORE, f"No: {SCORE_SAID}."),
        (group("and", STATUS, SCORE), f"No: {SCORE_SAID}."),
        (group("and", STATUS, EMAIL), f"Yes: {STATUS_SAID}; {EMAIL_SAID}."),
        (group("or", SCORE, STATUS, EMAIL), f"Yes: {STATUS_SAID}."),
        (group("or", SCORE, SCORE), f"No: {SCORE_SAID}; {SCORE_SAID}."),
        (group("not", SCORE), f"Yes: {SCORE_SAID}."),
        (group("not", STATUS), f"No: {STATUS_SAID}."),
        (group("and"), "Yes: nothing was asked."),
        (group("or"), "No: nothing was asked."),
        (group("and", *[STATUS] * 5), "Yes: " + "; ".join([STATUS_SAID] * 3) + "; and 2 more."),
    ],
)
def test_sentence(condition: Any, sentence: str) -> None:
    assert why(parse_condition(condition), SCOPE, AT) == sentence


def test_long_values_are_cut() -> None:
    said = why(parse_condition({**STATUS, "value": "x" * 5_000}), SCOPE, AT)
    assert len(said) < 200


@given(conditions, scopes)
def test_any_answer_has_a_sentence(condition: Any, scope: Any) -> None:
    assert why(parse_condition(condition), scope, AT).startswith(("Yes: ", "No: "))
