"""One legacy comparison, {field, operator, value}, to the canonical leaf."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.expressions import limits
from atlas_workflows.expressions.operands import is_deferred
from atlas_workflows.expressions.operators import Operand, Operator, operand_of
from atlas_workflows.legacy.conditions.engines import Question, carried_over
from atlas_workflows.legacy.conditions.fields import translate_field
from atlas_workflows.legacy.conditions.operands import (
    FORMULA_MARK,
    Unfit,
    translate_formula,
    translate_operand,
)
from atlas_workflows.legacy.conditions.operators import CUSTOM, translate_operator
from atlas_workflows.legacy.conditions.verdicts import (
    ConditionFindings,
    beneath,
    compare_engines,
    compare_missing,
)
from atlas_workflows.legacy.reasons import ReasonCode

# Keys that decorate a condition without changing what it asks.
_DECORATION = frozenset(
    {
        "id", "label", "name", "description", "type", "dataType", "fieldType", "valueType", "conditionType",
        "trueBranch", "falseBranch", "key", "uid", "isValid", "subtype",
    }
)  # fmt: skip
_LEAF_KEYS = frozenset(
    {
        "field", "fieldName", "operator", "value", "values", "minValue", "maxValue", "min", "max", "min_value",
        "max_value", "days", "amount", "duration", "unit", "timeUnit", "time_unit", "tag", "tagId", "tags",
        "logic", "logicOperator",
    }
)  # fmt: skip
_NOTHING: tuple[Any, ...] = (None, "", [])


def translate_leaf(raw: Mapping[str, Any], path: str, findings: ConditionFindings) -> dict[str, Any]:
    """The canonical leaf (or two leaves in a group where one engine's answer takes two); raises Unfit."""
    findings.leaves += 1
    limits.refuse_beyond(
        limits.MAX_CONDITION_LEAVES, "MAX_CONDITION_LEAVES", findings.leaves, "The condition"
    )
    if all(
        value in _NOTHING for key, value in raw.items() if key not in ("id", "label", "name", "description")
    ):
        raise Unfit(ReasonCode.CONDITION_EMPTY, "The condition names no comparison.", path)
    if strange := strange_keys(raw, _LEAF_KEYS):
        raise Unfit(
            ReasonCode.CONDITION_SHAPE_UNKNOWN, f"A condition with {strange} means nothing known.", path
        )
    operator = _operator(raw, path)
    field_path = _field(raw, operator, path, findings)
    value = _value(operator, raw, path, findings)
    question = Question(operator, value, of_list=field_path.rpartition(".")[2] == "tags")
    if not is_deferred(value):
        compare_engines(question, path, findings)
    elif isinstance(value, str):
        compare_missing(question, path, findings)
    return carried_over(question, field_path, findings.carrier)


def strange_keys(raw: Mapping[str, Any], known: frozenset[str]) -> str:
    """The keys with a value that nobody knows, for a message."""
    if raw.keys() <= known:
        return ""
    strange = (
        str(key)[:40] for key, value in raw.items() if key not in known and key not in _DECORATION and value
    )
    return ", ".join(sorted(strange))


def _operator(raw: Mapping[str, Any], path: str) -> Operator:
    word = raw.get("operator")
    operator = translate_operator(word)
    if operator is not None:
        return operator
    if isinstance(word, str) and word.strip().lower() == CUSTOM:
        raise Unfit(
            ReasonCode.CONDITION_OPERATOR_CUSTOM,
            "The operator `custom` stands for program code.",
            beneath(path, "operator"),
        )
    raise Unfit(
        ReasonCode.CONDITION_OPERATOR_UNKNOWN,
        f"Nobody knows the operator {str(word)[:60]!r}.",
        beneath(path, "operator"),
    )


def _field(raw: Mapping[str, Any], operator: Operator, path: str, findings: ConditionFindings) -> str:
    text = raw.get("field", raw.get("fieldName"))
    if not text and operator in (Operator.HAS_TAG, Operator.NOT_HAS_TAG):
        return "contact.tags"
    found = translate_field(text, root=findings.root, variables=findings.variables)
    if found is None:
        named = "It names no field." if text is None else f"{str(text)[:80]!r} names no known field."
        raise Unfit(ReasonCode.CONDITION_FIELD_UNREADABLE, named, beneath(path, "field"))
    return found


def _value(operator: Operator, raw: Mapping[str, Any], path: str, findings: ConditionFindings) -> Any:
    value = raw.get("value")
    runs_formulas = any(engine.formula_values for engine in findings.engines)
    try:
        if isinstance(value, str) and value.startswith(FORMULA_MARK) and len(value) > 1 and runs_formulas:
            formula = translate_formula(value, findings.root)
            findings.change(
                ReasonCode.FORMULA_WAS_CODE,
                beneath(path, "value"),
                value,
                formula,
                "The value was executed as program code.",
            )
            return formula
        if operand_of(operator) is Operand.LIST and isinstance(value, str) and "," in value:
            findings.reason(
                ReasonCode.CONDITION_LIST_FROM_TEXT,
                beneath(path, "value"),
                "The list was one text with commas.",
            )
        return translate_operand(operator, raw)
    except Unfit as verdict:
        raise Unfit(verdict.code, verdict.message, beneath(path, "value")) from verdict
