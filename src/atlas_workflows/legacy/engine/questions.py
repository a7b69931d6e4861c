"""How old engines answered a condition in any of its stored forms, and which data they would have needed for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.legacy.conditions.engines import Question, legacy_answer
from atlas_workflows.legacy.engine.known import Known
from atlas_workflows.legacy.engine.semantics import OldEngine
from atlas_workflows.legacy.engine.texts import fill
from atlas_workflows.names import normal

MAX_DEPTH = 40
RANDOM, CODE, UNREADABLE = "(answered at random)", "(program code)", "(unreadable)"
_WORDS = {
    "eq": "equals", "equal": "equals", "=": "equals", "==": "equals", "===": "strict_equals", "!=": "not_equals",
    "!==": "strict_not_equals", "neq": "not_equals", "not_equal": "not_equals", "greater": "greater_than",
    "gt": "greater_than", ">": "greater_than", "gte": "greater_than_or_equal", ">=": "greater_than_or_equal",
    "greater_than_or_equals": "greater_than_or_equal", "less": "less_than", "lt": "less_than", "<": "less_than",
    "lte": "less_than_or_equal", "<=": "less_than_or_equal", "less_than_or_equals": "less_than_or_equal",
    "is_set": "exists", "is_not_set": "not_exists", "regex": "matches_regex",
}  # fmt: skip
_JOINERS = ("operator", "logic", "logicOperator", "logic_operator", "conditionLogic")
_ENGINES_OWN = frozenset(
    {
        Operator.EQUALS, Operator.NOT_EQUALS, Operator.STRICT_EQUALS, Operator.STRICT_NOT_EQUALS, Operator.CONTAINS,
        Operator.NOT_CONTAINS, Operator.GREATER_THAN, Operator.GREATER_THAN_OR_EQUAL, Operator.LESS_THAN,
        Operator.LESS_THAN_OR_EQUAL,
    }
)  # fmt: skip
_LISTS = frozenset({Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.HAS_ALL})
_NO_VALUE = frozenset(
    {
        Operator.EXISTS, Operator.NOT_EXISTS, Operator.IS_EMPTY, Operator.IS_NOT_EMPTY, Operator.IS_NULL,
        Operator.IS_NOT_NULL, Operator.IS_TRUE, Operator.IS_FALSE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """`open`: what the data did not hold, so that the answer stands on its absence."""

    holds: bool
    open: tuple[str, ...] = ()


def answer(raw: Any, known: Known, engine: OldEngine, depth: int = 0) -> Answer:
    """What the engine answered; a condition that is none held nobody back."""
    if isinstance(raw, str) and raw.strip()[:1] in ("{", "["):
        try:
            raw = loads(raw)
        except AtlasError:
            return Answer(False, (UNREADABLE,))
    if depth > MAX_DEPTH:
        return Answer(False, (UNREADABLE,))
    if isinstance(raw, list):
        return _joined(raw, "and", known, engine, depth)
    if not isinstance(raw, Mapping):
        return Answer(True) if raw in (None, "") else Answer(False, (UNREADABLE,))
    return _object(raw, known, engine, depth)


def _object(raw: Mapping[str, Any], known: Known, engine: OldEngine, depth: int) -> Answer:
    kind = normal(str(raw.get("conditionType") or ""))
    if kind == "activity":
        return Answer(False, (RANDOM,))
    members = raw.get("conditions") or raw.get("rules")
    if isinstance(members, Mapping):
        members = list(members.values())
    if isinstance(members, list) and members:
        word = next((raw[key] for key in _JOINERS if isinstance(raw.get(key), str)), "and")
        return _joined(members, word.strip().lower(), known, engine, depth)
    inner = raw.get("condition")
    if isinstance(inner, Mapping) and inner:
        found = answer(inner, known, engine, depth + 1)
        negated = str(raw.get("operator", "")).lower() == "not"
        return Answer(not found.holds, found.open) if negated else found
    return _leaf(_typed(raw, kind), known, engine)


def _joined(members: list[Any], word: str, known: Known, engine: OldEngine, depth: int) -> Answer:
    answers = [answer(member, known, engine, depth + 1) for member in members if member is not None]
    open_ = tuple(dict.fromkeys(path for each in answers for path in each.open))
    holds = [each.holds for each in answers]
    if word in ("or", "any"):
        return Answer(any(holds), open_)
    if word in ("not", "none"):
        return Answer(not any(holds), open_)
    return Answer(all(holds), open_)


def _typed(raw: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    if kind == "lead_score":
        return {**raw, "field": "lead.score", "value": _first(raw, "value", "score", "threshold")}
    if kind == "tags":
        return {
            **raw,
            "field": raw.get("field") or "lead.tags",
            "value": _first(raw, "value", "tags", "tag", "tagId"),
        }
    if kind == "time_based":
        value = _first(raw, "value", "timeValue", "amount", "duration", "date")
        return {**raw, "field": _first(raw, "field", "timeField", "dateField"), "value": value}
    other = raw.get("compareField") or raw.get("secondField")
    if kind == "field_comparison" and isinstance(other, str) and "value" not in raw:
        return {**raw, "value": f"{{{{{other}}}}}"}
    return raw


def _leaf(raw: Mapping[str, Any], known: Known, engine: OldEngine) -> Answer:
    operator = _operator(raw.get("operator"))
    name = raw.get("field", raw.get("fieldName"))
    if not name and operator in (Operator.HAS_TAG, Operator.NOT_HAS_TAG):
        name = "lead.tags"
    if operator is None or not isinstance(name, str) or not name.strip():
        return Answer(False, (UNREADABLE,))
    name = name.strip().removeprefix("{{").removesuffix("}}").strip()
    actual, expected = known.look(name), _expected(operator, raw)
    open_ = (name,) if actual is MISSING else ()
    if isinstance(expected, str) and "{{" in expected:
        expected = fill(expected, known, engine)
    elif isinstance(expected, str) and expected.startswith("=") and engine.comparison.formula_values:
        return Answer(False, (CODE,))
    return Answer(_compared(operator, actual, expected, known, engine), open_)


def _compared(operator: Operator, actual: Any, expected: Any, known: Known, engine: OldEngine) -> bool:
    try:
        if operator in _ENGINES_OWN:
            return legacy_answer(Question(operator, expected), actual, engine.comparison)
        # What the contract says nothing about is taken to be as in the truth table.
        leaf: dict[str, Any] = {"field": "probe", "operator": operator.value}
        if operator not in _NO_VALUE:
            leaf |= {"value": expected, "case_sensitive": True}
        scope = {} if actual is MISSING else {"probe": actual}
        return compile_condition(parse_condition(leaf))(scope, Moment(known.now, UTC))
    except (AtlasError, ArithmeticError):
        return False


def _operator(word: Any) -> Operator | None:
    if not isinstance(word, str):
        return None
    name = normal(word) or word.strip()
    try:
        return Operator(_WORDS.get(word.strip(), _WORDS.get(name, name)))
    except ValueError:
        return None


def _expected(operator: Operator, raw: Mapping[str, Any]) -> Any:
    value = _first(raw, "value", "values", "tags", "tag", "tagId", "days")
    if operator is Operator.BETWEEN and not isinstance(value, list):
        pairs = (("minValue", "maxValue"), ("min", "max"), ("min_value", "max_value"))
        bounds = ([raw[low], raw[high]] for low, high in pairs if low in raw and high in raw)
        return next(bounds, [part.strip() for part in value.split(",")] if isinstance(value, str) else value)
    if operator in _LISTS and not isinstance(value, list):
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else [value]
    if operator in (Operator.WITHIN, Operator.NOT_WITHIN, Operator.EXACTLY):
        source = value if isinstance(value, Mapping) else raw
        unit = normal(str(_first(source, "unit", "timeUnit", "time_unit") or "days"))
        return {
            "amount": _first(source, "amount", "value", "duration", "days"),
            "unit": unit if unit.endswith("s") else f"{unit}s",
        }
    return value


def _first(holder: Mapping[str, Any], *names: str) -> Any:
    return next((holder[name] for name in names if holder.get(name) is not None), None)
