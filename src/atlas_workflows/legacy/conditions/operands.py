"""The `value` of a legacy condition in the form its canonical operator takes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.errors import ExpressionInvalid, ExpressionTooLarge
from atlas_workflows.expressions.formula import parse_formula, rename_references
from atlas_workflows.expressions.moment import moment, when
from atlas_workflows.expressions.operands import FORMULA_KEY, UNITS, check_operand, is_deferred
from atlas_workflows.expressions.operators import Operand, Operator, operand_of
from atlas_workflows.legacy.actions.templates import translate_template
from atlas_workflows.legacy.conditions.fields import translate_field
from atlas_workflows.legacy.reasons import ReasonCode

FORMULA_MARK = "="
_UNUSED = (None, "", True)
_DATE_OPERATORS = frozenset({Operator.BEFORE, Operator.AFTER})
_SOME_MOMENT = moment(datetime(2026, 1, 1, tzinfo=UTC))
_TAG_OPERATORS = frozenset({Operator.HAS_TAG, Operator.NOT_HAS_TAG})


class Unfit(Exception):
    """The value cannot be carried over."""

    def __init__(self, code: ReasonCode, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


def translate_operand(operator: Operator, leaf: Mapping[str, Any]) -> Any:
    """The canonical value of a legacy leaf; raises Unfit naming why there is none."""
    value = _raw_value(operator, leaf)
    if isinstance(value, str) and "{{" in value and operand_of(operator) is not Operand.PATTERN:
        value = _resolved_later(value)
    try:
        check_operand(operator, value)
    except ExpressionTooLarge as cause:
        raise Unfit(ReasonCode.CONDITION_TOO_LARGE, cause.fact) from cause
    except ExpressionInvalid as cause:
        pattern = operand_of(operator) is Operand.PATTERN and isinstance(value, str)
        code = ReasonCode.CONDITION_PATTERN_REFUSED if pattern else ReasonCode.CONDITION_VALUE_UNFIT
        raise Unfit(code, cause.fact) from cause
    if operator in _DATE_OPERATORS and not is_deferred(value) and when(value, _SOME_MOMENT) is None:
        raise Unfit(
            ReasonCode.CONDITION_VALUE_UNFIT,
            f"{str(value)[:40]!r} is no ISO date; days and months may be swapped.",
        )
    return value


def translate_formula(text: str, root: str) -> dict[str, str]:
    """`=lead.score * 2` as {"$formula": "contact.score * 2"}; raises Unfit for anything but arithmetic."""
    try:
        renamed = rename_references(
            text.removeprefix(FORMULA_MARK).strip(), lambda path: translate_field(path, root=root) or path
        )
        parse_formula(renamed)
    except ExpressionInvalid as cause:
        raise Unfit(ReasonCode.CONDITION_FORMULA_UNREADABLE, cause.fact) from cause
    return {FORMULA_KEY: renamed}


def _raw_value(operator: Operator, leaf: Mapping[str, Any]) -> Any:
    value = leaf.get("value", leaf.get("values"))
    match operand_of(operator):
        case Operand.NONE:
            return None if any(value is unused for unused in _UNUSED) else value
        case Operand.PAIR:
            return _pair(leaf, value)
        case Operand.LIST:
            return _list(leaf, value)
        case Operand.PATTERN:
            return value
        case Operand.PERIOD:
            return _period(leaf, value)
        case Operand.DAYS:
            return value if value is not None else leaf.get("days")
        case _:
            return _any(operator, leaf, value)


def _any(operator: Operator, leaf: Mapping[str, Any], value: Any) -> Any:
    if operator not in _TAG_OPERATORS:
        if operator is not Operator.EQUALS and operator is not Operator.NOT_EQUALS and "value" not in leaf:
            raise Unfit(ReasonCode.CONDITION_VALUE_UNFIT, f"{operator.value} has no value to compare with.")
        return value
    tag = value if value is not None else leaf.get("tag", leaf.get("tagId", leaf.get("tags")))
    if isinstance(tag, list) and len(tag) == 1:
        tag = tag[0]
    if isinstance(tag, str | int) and not isinstance(tag, bool) and tag != "":
        return tag
    raise Unfit(ReasonCode.CONDITION_VALUE_UNFIT, f"{operator.value} needs exactly one tag.")


def _pair(leaf: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, dict):
        return _pair(value, None)
    if isinstance(value, list):
        return value
    for low, high in (("minValue", "maxValue"), ("min", "max"), ("min_value", "max_value")):
        if leaf.get(low) is not None and leaf.get(high) is not None:
            return [leaf[low], leaf[high]]
    if isinstance(value, str) and value.count(",") == 1:
        return [part.strip() for part in value.split(",")]
    return value


def _list(leaf: Mapping[str, Any], value: Any) -> Any:
    given = value if value is not None else leaf.get("tags")
    if isinstance(given, str) and "{{" not in given:
        return [part.strip() for part in given.split(",") if part.strip()]
    if given is None or isinstance(given, dict):
        raise Unfit(ReasonCode.CONDITION_VALUE_UNFIT, "A list of values is missing.")
    return given if isinstance(given, list | str) else [given]


def _period(leaf: Mapping[str, Any], value: Any) -> Any:
    source = value if isinstance(value, dict) else leaf
    amount = source.get("amount", source.get("value", source.get("duration", source.get("days"))))
    default = "days" if "days" in source else None
    unit = source.get("unit", source.get("timeUnit", source.get("time_unit", leaf.get("unit", default))))
    if not isinstance(unit, str) or amount is None:
        raise Unfit(ReasonCode.CONDITION_VALUE_UNFIT, "A period needs an amount and a unit.")
    name = unit.strip().lower()
    name = name if name.endswith("s") else f"{name}s"
    if name not in UNITS:
        raise Unfit(ReasonCode.CONDITION_VALUE_UNFIT, f"{unit[:40]!r} is not a unit of time.")
    return {"amount": amount, "unit": name}


def _resolved_later(value: str) -> str:
    """A value that refers to another field, under canonical names."""
    text, reasons, _ = translate_template(value, channel="other", path="", defaults=False)
    if reasons:
        raise Unfit(
            ReasonCode.CONDITION_VALUE_UNFIT, f"The value {value[:80]!r} refers to something unknown."
        )
    return text
