"""How the old engines compared, so that a change of meaning can be shown with a value that tells them apart.

The legacy contract lists, engine by engine, five differences: `contains` ignores case in one engine and heeds it in
four; equality is loose, strict, or made after coercing to the expected value's type; a missing field answers
`not_equals` with false in one engine; values beginning with `=` are executed; text with a slash is taken for a
date, which equals nothing. All of them compute with 64-bit floats. Whatever it does not list is taken to be as in
the truth table.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, Literal

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.expressions.condition import Group, Leaf, parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.operators import NEGATIONS, Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.values import text_of

PROBE = "probe"
_AT = Moment(datetime(2026, 3, 29, 12, tzinfo=UTC), UTC)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_WIDE = Context(prec=450, traps=[])
_EXACT_IN_FLOAT = 2**53


@dataclass(frozen=True, slots=True)
class LegacyProfile:
    """One old engine's way of comparing."""

    name: str
    documentation: str
    equality: Literal["loose", "strict", "coerced"]
    contains_case_sensitive: bool = True
    missing_not_equals: bool = True
    formula_values: bool = False
    slash_is_date: bool = False
    fills_embedded_variables: bool = True


PROFILES = {
    profile.name: profile
    for profile in (
        LegacyProfile("label", "the engine that dispatched by label", "loose", contains_case_sensitive=False),
        LegacyProfile("strict", "an engine of the builder that compared strictly", "strict"),
        LegacyProfile(
            "queue", "the job queue and its edge conditions", "coerced", fills_embedded_variables=False
        ),
        LegacyProfile("service", "the service of linear workflows", "loose", missing_not_equals=False),
        LegacyProfile("formula", "the advanced engine", "coerced", formula_values=True, slash_is_date=True),
    )
}


# Whose answers count for what kind of workflow. Nodes with an actionType were executed by whichever of three engines
# picked them up; nobody recorded which.
ENGINES: dict[str, tuple[LegacyProfile, ...]] = {
    **{name: (profile,) for name, profile in PROFILES.items()},
    "builder": (PROFILES["queue"], PROFILES["strict"], PROFILES["formula"]),
}
ANY_ENGINE = tuple(PROFILES.values())
# What a condition is carried over to where several engines come into question: neither the loosest nor the strictest.
MIDDLE = PROFILES["queue"]


@dataclass(frozen=True, slots=True)
class Example:
    """A field value for which an old engine and our condition answer differently; MISSING means no such field."""

    value: Any
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a legacy leaf asked, its operator already under the canonical name; `of_list`: of a field that holds a list."""

    operator: Operator
    value: Any = None
    of_list: bool = False


def legacy_answer(question: Question, actual: Any, profile: LegacyProfile) -> bool:
    """What the old engine answered for a field value; operators the contract says nothing about answer as ours."""
    operator, expected = question.operator, question.value
    match operator:
        case Operator.EQUALS:
            return _equal(actual, expected, profile)
        case Operator.NOT_EQUALS:
            absent = actual is MISSING or actual is None
            return (
                profile.missing_not_equals
                if absent and expected is not None
                else not _equal(actual, expected, profile)
            )
        case Operator.STRICT_EQUALS | Operator.STRICT_NOT_EQUALS:
            return _strict(actual, expected) is (operator is Operator.STRICT_EQUALS)
        case Operator.CONTAINS | Operator.NOT_CONTAINS:
            return _contains(actual, expected, profile) is (operator is Operator.CONTAINS)
        case (
            Operator.GREATER_THAN
            | Operator.GREATER_THAN_OR_EQUAL
            | Operator.LESS_THAN
            | Operator.LESS_THAN_OR_EQUAL
        ):
            return _ours(question, _as_float(actual), _as_float(expected))
        case _:
            return _ours(question, actual, expected)


def carried_over(question: Question, field: str, profile: LegacyProfile) -> dict[str, Any]:
    """The canonical condition (JSON) that comes closest to what the engine answered for this question."""
    operator, value = question.operator, question.value
    positive = NEGATIONS.get(operator, operator)
    if positive is Operator.EQUALS and profile.equality == "strict":
        strict = Operator.STRICT_EQUALS if positive is operator else Operator.STRICT_NOT_EQUALS
        return _leaf(field, strict, value)
    leaf = _leaf(field, operator, value)
    if positive in _CASED and (positive is not Operator.CONTAINS or profile.contains_case_sensitive):
        leaf["case_sensitive"] = True
    if operator is Operator.NOT_EQUALS and not profile.missing_not_equals and value is not None:
        return {"operator": "and", "conditions": [_leaf(field, Operator.EXISTS, None), leaf]}
    return leaf


def first_difference(question: Question, condition: Group | Leaf, profile: LegacyProfile) -> Example | None:
    """The first plausible field value for which the engine and `condition` (over field `probe`) differ, or None."""
    ours = compile_condition(condition)
    for value in plausible_values(question.value, question.of_list):
        scope = {} if value is MISSING else {PROBE: value}
        before, after = legacy_answer(question, value, profile), ours(scope, _AT)
        if before is not after:
            return Example(value, before, after)
    return None


def difference(
    question: Question, carrier: LegacyProfile, engines: tuple[LegacyProfile, ...] = ()
) -> tuple[LegacyProfile, Example] | None:
    """The first of `engines` (the carrier alone if none) that answered otherwise than what the carrier is carried over to."""
    names = tuple(engine.name for engine in engines or (carrier,))
    return _difference(question.operator, dumps_text(question.value), question.of_list, carrier.name, names)


@lru_cache(maxsize=8192)
def _difference(
    operator: Operator, value: str, of_list: bool, carrier: str, engines: tuple[str, ...]
) -> tuple[LegacyProfile, Example] | None:
    question = Question(operator, loads(value), of_list)
    condition = parse_condition(carried_over(question, PROBE, PROFILES[carrier]))
    for engine in engines:
        example = first_difference(question, condition, PROFILES[engine])
        if example is not None:
            return PROFILES[engine], example
    return None


def plausible_values(expected: Any, of_list: bool = False) -> Iterator[Any]:
    """Field values worth trying beside an expected value: itself, its other spellings and neighbours, and nothing."""
    yield expected
    if of_list:
        yield from ([expected], [expected, "other"])
    if isinstance(expected, str):
        yield from _beside_text(expected)
    elif isinstance(expected, int | Decimal) and not isinstance(expected, bool):
        yield from (*_neighbours(expected), text_of(expected))
    elif isinstance(expected, bool):
        yield from (not expected, str(expected).lower(), int(expected))
    elif isinstance(expected, list):
        yield from expected[:3]
    yield MISSING
    yield None


def _neighbours(expected: int | Decimal) -> tuple[int | Decimal, ...]:
    if isinstance(expected, int):
        return expected + 1, expected - 1
    return _WIDE.add(expected, 1), _WIDE.subtract(expected, 1)


def _beside_text(expected: str) -> Iterator[Any]:
    yield from (expected.upper(), expected.lower(), f"{expected} (more)", f"{expected.swapcase()} (more)")
    if _DECIMAL.fullmatch(expected.strip()) and len(expected) < 40:
        yield Decimal(expected.strip()) if "." in expected else int(Decimal(expected.strip()))
    if expected.lower() in ("true", "false"):
        yield expected.lower() == "true"


_CASED = frozenset(
    {
        Operator.EQUALS, Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.IN,
        Operator.MATCHES_REGEX, Operator.HAS_TAG, Operator.HAS_ANY, Operator.HAS_ALL,
    }
)  # fmt: skip


def _leaf(field: str, operator: Operator, value: Any) -> dict[str, Any]:
    leaf: dict[str, Any] = {"field": field, "operator": operator.value}
    return leaf if value is None else leaf | {"value": value}


def _ours(question: Question, actual: Any, expected: Any) -> bool:
    leaf = _leaf(PROBE, question.operator, expected)
    if NEGATIONS.get(question.operator, question.operator) in _CASED:
        leaf["case_sensitive"] = True
    return compile_condition(parse_condition(leaf))({} if actual is MISSING else {PROBE: actual}, _AT)


def _equal(actual: Any, expected: Any, profile: LegacyProfile) -> bool:
    if profile.slash_is_date and any(isinstance(side, str) and "/" in side for side in (actual, expected)):
        return False
    if profile.equality == "strict":
        return _strict(actual, expected)
    return _loose(actual, expected) if profile.equality == "loose" else _coerced(actual, expected)


def _strict(left: Any, right: Any) -> bool:
    if _is_number(left) and _is_number(right):
        return _js_number(left) == _js_number(right)
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False  # two objects are equal only when they are one
    return type(left) is type(right) and bool(left == right)


def _loose(left: Any, right: Any) -> bool:
    absent = [side is MISSING or side is None for side in (left, right)]
    if any(absent):
        return all(absent)
    if isinstance(left, dict | list) and isinstance(right, dict | list):
        return False
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return _js_number(left) == _js_number(right)


def _coerced(actual: Any, expected: Any) -> bool:
    if actual is MISSING or actual is None or expected is None:
        return (actual is MISSING or actual is None) and expected is None
    if isinstance(expected, bool):
        return actual is expected or actual == str(expected).lower()
    if _is_number(expected):
        return _js_number(actual) == _js_number(expected)
    return _js_text(actual) == _js_text(expected)


def _contains(actual: Any, expected: Any, profile: LegacyProfile) -> bool:
    if isinstance(actual, list):
        return any(_strict(item, expected) for item in actual)
    if actual is MISSING or actual is None or expected is None:
        return False
    text, part = _js_text(actual), _js_text(expected)
    return part in text if profile.contains_case_sensitive else part.lower() in text.lower()


def _as_float(value: Any) -> Any:
    if _is_number(value) and not -_EXACT_IN_FLOAT <= value <= _EXACT_IN_FLOAT:
        rounded = _js_number(value)
        return Decimal(rounded) if math.isfinite(rounded) else value
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _js_number(value: Any) -> float:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return 0.0
        return float(text) if _DECIMAL.fullmatch(text) and len(text) < 400 else math.nan
    if isinstance(value, int | float | Decimal):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return math.nan if value is MISSING else _js_number(_js_text(value))


def _js_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join("" if item is None else _js_text(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else text_of(value) or ""


def _primitive(value: Any) -> Any:
    return _js_text(value) if isinstance(value, dict | list) else value
