"""What may stand in a leaf's `value`: checks per operator, and values that are only known at evaluation."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.formula import parse_formula
from atlas_workflows.expressions.operators import SEEKING, Operand, Operator, operand_of
from atlas_workflows.expressions.patterns import compile_pattern
from atlas_workflows.expressions.templates import check_template
from atlas_workflows.expressions.values import is_blank, number

FORMULA_KEY = "$formula"
UNITS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
MAX_PERIOD = timedelta(days=36_525)


def is_deferred(value: Any) -> bool:
    """Whether the value is a template or a formula, computed from the scope at evaluation."""
    if isinstance(value, str):
        return "{{" in value
    return isinstance(value, dict) and FORMULA_KEY in value


def period(value: Any) -> timedelta | None:
    """The length of {"amount": 7, "unit": "days"}, or None where it is not one (or beyond a century)."""
    if not isinstance(value, Mapping) or not isinstance(value.get("unit"), str):
        return None
    amount, unit = number(value.get("amount")), UNITS.get(value["unit"])
    if amount is None or unit is None or not 0 <= amount <= MAX_PERIOD / unit:
        return None
    return timedelta(seconds=float(amount) * unit.total_seconds())


def check_operand(operator: Operator, value: Any) -> None:
    """Raise ExpressionInvalid unless `value` fits the operator."""
    operand = operand_of(operator)
    if is_deferred(value) and operand not in (Operand.NONE, Operand.PATTERN):
        _check_deferred(value)
        return
    match operand:
        case Operand.NONE:
            _expect(value is None, operator, "no value")
        case Operand.PAIR:
            _expect(isinstance(value, list | tuple) and len(value) == 2, operator, "a list of two values")
        case Operand.LIST:
            _expect(
                isinstance(value, list | tuple) and len(value) > 0, operator, "a list of at least one value"
            )
            limits.refuse_beyond(limits.MAX_LIST_VALUES, "MAX_LIST_VALUES", len(value), "The list of values")
        case Operand.PATTERN:
            _expect(isinstance(value, str) and not is_blank(value), operator, "a pattern that is not blank")
            compile_pattern(value)
        case Operand.DAYS:
            _expect(number(value) is not None, operator, "a number of days")
        case Operand.PERIOD:
            _expect(
                period(value) is not None,
                operator,
                '{"amount": number, "unit": seconds|minutes|hours|days|weeks}',
            )
        case Operand.ANY:
            _expect(operator not in SEEKING or not is_blank(value), operator, "a value that is not blank")


def _check_deferred(value: Any) -> None:
    if isinstance(value, str):
        check_template(value)
    else:
        _expect(len(value) == 1, None, f"nothing beside {FORMULA_KEY}")
        _expect(isinstance(value[FORMULA_KEY], str), None, "a text")
        parse_formula(value[FORMULA_KEY])


def _expect(holds: bool, operator: Operator | None, expected: str) -> None:
    if not holds:
        raise ExpressionInvalid(
            f"{operator.value if operator else 'A formula'} takes {expected}.",
            remedy="Correct the value.",
            operator=operator,
        )
