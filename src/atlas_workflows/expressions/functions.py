"""The functions a formula may call: abs, ceil, floor, round, min, max, sum, avg, count, now, date, number."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DecimalException
from typing import Any

from atlas_workflows.errors import ExpressionFailed
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.filters import rounded
from atlas_workflows.expressions.moment import Moment, when
from atlas_workflows.expressions.values import number

Function = Callable[[list[Any], Moment], Any]

_ARITHMETIC = Context(prec=100, Emax=9_999, Emin=-9_999)


def _numbers(arguments: list[Any], name: str) -> list[Decimal]:
    """Every number in the arguments, lists opened one level."""
    flat = [item for value in arguments for item in (value if isinstance(value, list | tuple) else [value])]
    return [_number(item, name) for item in flat]


def _number(value: Any, name: str) -> Decimal:
    exact = number(value)
    if exact is None:
        raise ExpressionFailed(
            f"{name}() was given {str(value)[:80]!r}, no number.", remedy="Give it numbers."
        )
    result = Decimal(exact)
    if abs(result.adjusted()) > limits.MAX_NUMBER_DIGITS:
        raise ExpressionFailed(
            f"{name}() was given a number beyond {limits.MAX_NUMBER_DIGITS} digits.", remedy="Scale it."
        )
    return result


def _single(arguments: list[Any], name: str) -> Decimal:
    if len(arguments) != 1:
        raise ExpressionFailed(f"{name}() takes one argument.", remedy="Give it exactly one.")
    return _number(arguments[0], name)


def _some(arguments: list[Any], name: str) -> list[Decimal]:
    found = _numbers(arguments, name)
    if not found:
        raise ExpressionFailed(f"{name}() of nothing has no value.", remedy="Give it at least one number.")
    return found


def _round(arguments: list[Any], _: Moment) -> Any:
    places = int(_number(arguments[1], "round")) if len(arguments) == 2 else 0
    result = rounded(_single(arguments[:1], "round"), places) if places >= 0 else None
    if result is None:
        raise ExpressionFailed(
            "round() takes a number and a count of places from 0 to 20.", remedy="Correct it."
        )
    return result


def _sum(arguments: list[Any], _: Moment) -> Decimal:
    total = Decimal(0)
    try:
        for value in _numbers(arguments, "sum"):
            total = _ARITHMETIC.add(total, value)
    except DecimalException as cause:
        raise ExpressionFailed("The sum is beyond 9,999 digits.", remedy="Scale the numbers.") from cause
    return total


def _average(arguments: list[Any], at: Moment) -> Decimal:
    return _ARITHMETIC.divide(_sum(arguments, at), Decimal(len(_some(arguments, "avg"))))


def _date(arguments: list[Any], at: Moment) -> Any:
    point = when(arguments[0], at) if len(arguments) == 1 else None
    if point is None:
        raise ExpressionFailed(
            "date() takes one ISO date or time.", remedy="Write 2026-03-29 or 2026-03-29T10:00:00Z."
        )
    return point.instant


FUNCTIONS: dict[str, Function] = {
    "abs": lambda arguments, _at: abs(_single(arguments, "abs")),
    "ceil": lambda arguments, _at: _single(arguments, "ceil").to_integral_value(ROUND_CEILING),
    "floor": lambda arguments, _at: _single(arguments, "floor").to_integral_value(ROUND_FLOOR),
    "round": _round,
    "min": lambda arguments, _at: min(_some(arguments, "min")),
    "max": lambda arguments, _at: max(_some(arguments, "max")),
    "sum": _sum,
    "avg": _average,
    "count": lambda arguments, _at: sum(
        len(value) if isinstance(value, list | tuple) else 1 for value in arguments
    ),
    "now": lambda _arguments, at: at.now,
    "date": _date,
    "number": lambda arguments, _at: _single(arguments, "number"),
}
