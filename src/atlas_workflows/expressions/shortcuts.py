"""Shorter ways to the same answers, for the questions asked most: plain values against a fixed text, number or list.

Each returns an answer, or hands what it does not cover to the comparison it abbreviates.
"""

import operator as python
from collections.abc import Callable
from typing import Any

from atlas_workflows.expressions.comparisons import COMPARISONS, Comparison
from atlas_workflows.expressions.membership import keys_of, occurs
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.values import folded, is_blank

Answer = Callable[[Any, Moment], bool]

_ORDERS = {
    Operator.GREATER_THAN: python.gt,
    Operator.GREATER_THAN_OR_EQUAL: python.ge,
    Operator.LESS_THAN: python.lt,
    Operator.LESS_THAN_OR_EQUAL: python.le,
}
_SHORT_LIST = 20


def fixed_answer(operator: Operator, expected: Any, case_sensitive: bool) -> Answer:
    """The answer to a question whose expected value is known beforehand."""
    general = COMPARISONS[operator]
    if type(expected) is str and operator is Operator.EQUALS:
        return _equals_text(expected, case_sensitive, general)
    if type(expected) is str and operator is Operator.CONTAINS and not is_blank(expected):
        return _contains_text(expected, case_sensitive, general)
    if type(expected) is int and operator in _ORDERS:
        return _ordered_by_number(operator, expected, case_sensitive, general)
    if isinstance(expected, list | tuple) and operator is Operator.IN:
        return _in_list(expected, case_sensitive, general)
    return lambda actual, at: general(actual, expected, case_sensitive, at)


def _equals_text(expected: str, case_sensitive: bool, general: Comparison) -> Answer:
    sought = folded(expected, case_sensitive)

    def answer(actual: Any, at: Moment) -> bool:
        if type(actual) is str:
            return actual == expected or folded(actual, case_sensitive) == sought
        return general(actual, expected, case_sensitive, at)

    return answer


def _contains_text(expected: str, case_sensitive: bool, general: Comparison) -> Answer:
    sought = folded(expected, case_sensitive)

    def answer(actual: Any, at: Moment) -> bool:
        if type(actual) is str:
            return sought in folded(actual, case_sensitive)
        if type(actual) is list and len(actual) < _SHORT_LIST:
            for item in actual:
                if type(item) is str and folded(item, case_sensitive) == sought:
                    return True
        return general(actual, expected, case_sensitive, at)

    return answer


def _ordered_by_number(
    operator: Operator, expected: int, case_sensitive: bool, general: Comparison
) -> Answer:
    holds = _ORDERS[operator]

    def answer(actual: Any, at: Moment) -> bool:
        if type(actual) is int:
            return bool(holds(actual, expected))
        return general(actual, expected, case_sensitive, at)

    return answer


def _in_list(expected: list[Any] | tuple[Any, ...], case_sensitive: bool, general: Comparison) -> Answer:
    keys = keys_of(expected, case_sensitive)
    plain = frozenset(item for item in expected if type(item) is str)
    texts = frozenset(folded(item, case_sensitive) for item in plain)
    only_texts = all(type(item) is str for item in expected)

    def answer(actual: Any, at: Moment) -> bool:
        if only_texts and type(actual) is str:
            return actual in plain or folded(actual, case_sensitive) in texts
        if actual is MISSING or isinstance(actual, list | tuple):
            return general(actual, expected, case_sensitive, at)
        return occurs(actual, keys, case_sensitive)

    return answer
