"""Asks a condition of a scope: compiled once into closures, answered with a bool or with an explanation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar
from weakref import ref

from atlas_workflows.errors import ExpressionFailed
from atlas_workflows.expressions.comparisons import COMPARISONS
from atlas_workflows.expressions.condition import Group, Leaf, ValueType, parse_condition
from atlas_workflows.expressions.formula import parse_formula
from atlas_workflows.expressions.membership import items_of, members_of
from atlas_workflows.expressions.moment import Moment, moment, when
from atlas_workflows.expressions.operands import FORMULA_KEY, is_deferred
from atlas_workflows.expressions.operators import NEGATIONS, Operand, operand_of
from atlas_workflows.expressions.paths import MISSING, Scope, compile_path, parse_path
from atlas_workflows.expressions.shortcuts import Answer, fixed_answer
from atlas_workflows.expressions.templates import compile_value
from atlas_workflows.expressions.values import ValueKind, kind_of, number, text_of, truth

Test = Callable[[Scope, Moment], bool]
Getter = Callable[[Scope, Moment], Any]
C = TypeVar("C")
F = TypeVar("F")


class _Unreadable:
    """A value that cannot be read as the leaf's type: it exists, and equals nothing."""


UNREADABLE = _Unreadable()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a condition holds or not; `actual` is MISSING where the path leads nowhere; groups have `members`."""

    holds: bool
    operator: str
    field: str | None = None
    actual: Any = None
    expected: Any = None
    members: tuple["Explanation", ...] = ()


Explainer = Callable[[Scope, Moment], Explanation]


def evaluate(condition: Any, scope: Scope, *, now: datetime, timezone: str | tzinfo = UTC) -> bool:
    """Whether the condition (JSON or parsed) holds for the scope; never raises for a parsed condition.

    Raises ExpressionInvalid when `condition` is JSON that is no condition, or `timezone` names no zone.
    """
    return compile_condition(parse_condition(condition))(scope, moment(now, timezone))


def explain(condition: Any, scope: Scope, *, now: datetime, timezone: str | tzinfo = UTC) -> Explanation:
    """Like `evaluate`, with the answer of every part and the values it saw."""
    return explain_at(parse_condition(condition), scope, moment(now, timezone))


def compile_condition(condition: Group | Leaf) -> Test:
    """The condition as one function, kept for as long as the condition lives."""
    return kept_beside(condition, _COMPILED, _compile)


def kept_beside(condition: C, kept: "Kept[F]", make: Callable[[C], F]) -> F:
    """What `make` makes of a condition, made once and kept for as long as the condition lives."""
    key = id(condition)
    known = kept.get(key)
    if known is not None and known[0]() is condition:
        return known[1]
    made = make(condition)
    kept[key] = (ref(condition, lambda _: kept.pop(key, None)), made)
    return made


# By identity: a hash of the values would fail for lists, and equal conditions are rarely the same object.
Kept = dict[int, tuple[ref[Any], F]]
_COMPILED: Kept[Test] = {}


def _compile(condition: Group | Leaf) -> Test:
    return _compile_group(condition) if isinstance(condition, Group) else _compile_leaf(condition)


def _compile_group(group: Group) -> Test:
    tests = tuple(compile_condition(member) for member in group.conditions)
    decisive = group.operator != "and"  # the member's answer that settles the group
    otherwise = group.operator != "or"
    settled = group.operator == "or"

    def test(scope: Scope, at: Moment) -> bool:
        for member in tests:
            if member(scope, at) is decisive:
                return settled
        return otherwise

    return test


def _compile_leaf(leaf: Leaf) -> Test:
    positive = NEGATIONS.get(leaf.operator, leaf.operator)
    path = parse_path(leaf.field)
    if leaf.type is None and path != ("now",) and not is_computed(leaf):
        return _compile_plain(
            compile_path(path),
            fixed_answer(positive, leaf.value, leaf.case_sensitive),
            positive is leaf.operator,
        )
    actual, expected, compare = actual_value(leaf), expected_value(leaf), COMPARISONS[positive]
    case_sensitive, wanted = leaf.case_sensitive, positive is leaf.operator

    def test(scope: Scope, at: Moment) -> bool:
        try:
            return compare(actual(scope, at), expected(scope, at), case_sensitive, at) is wanted
        except RecursionError:
            return not wanted

    return test


def _compile_plain(get: Callable[[Scope], Any], answer: Answer, wanted: bool) -> Test:
    def test(scope: Scope, at: Moment) -> bool:
        try:
            return answer(get(scope), at) is wanted
        except RecursionError:  # lists in lists in lists, deeper than any JSON text can be
            return not wanted

    return test


def fit_to_show(value: Any) -> Any:
    """A value that an explanation may hold; None for what is no JSON."""
    return None if kind_of(value) is ValueKind.OTHER else value


def actual_value(leaf: Leaf) -> Getter:
    """A function from scope and moment to the value the leaf looks at."""
    path = parse_path(leaf.field)
    if path == ("now",):
        return lambda _scope, at: at.now
    get = compile_path(path)
    if leaf.type is None:
        return lambda scope, _at: get(scope)
    read = _READERS[leaf.type]
    return lambda scope, at: read(get(scope), at)


def is_computed(leaf: Leaf) -> bool:
    """Whether what the leaf compares with comes from the scope."""
    return is_deferred(leaf.value) and operand_of(leaf.operator) not in (Operand.NONE, Operand.PATTERN)


def expected_value(leaf: Leaf) -> Getter:
    """A function from scope and moment to the value the leaf compares with; MISSING where a computed one is not there."""
    getter = _computed(leaf) if is_computed(leaf) else _constant(leaf.value)
    if leaf.type is None or operand_of(leaf.operator) not in (Operand.ANY, Operand.PAIR, Operand.LIST):
        return getter
    read = _READERS[leaf.type]
    if operand_of(leaf.operator) is Operand.ANY:
        return lambda scope, at: read(getter(scope, at), at)
    return lambda scope, at: [read(item, at) for item in members_of(getter(scope, at))]


def _constant(value: Any) -> Getter:
    return lambda _scope, _at: value


def _computed(leaf: Leaf) -> Getter:
    """The value as the scope has it. Only a null that is written out asks for null; one that is found equals nothing."""
    get = _deferred(leaf.value)
    return _looked_up_members(get) if operand_of(leaf.operator) is Operand.LIST else _looked_up(get)


def _deferred(value: Any) -> Getter:
    if isinstance(value, str):
        return compile_value(value)
    formula = parse_formula(value[FORMULA_KEY])

    def compute(scope: Scope, at: Moment) -> Any:
        try:
            return formula(scope, at)
        except ExpressionFailed:
            return UNREADABLE

    return compute


def _looked_up(get: Getter) -> Getter:
    def look_up(scope: Scope, at: Moment) -> Any:
        found = get(scope, at)
        return MISSING if found is None else found

    return look_up


def _looked_up_members(get: Getter) -> Getter:
    def look_up(scope: Scope, at: Moment) -> Any:
        return [item for item in items_of(get(scope, at)) if item is not None]

    return look_up


def _read_date(value: Any, at: Moment) -> Any:
    point = when(value, at)
    if point is None:
        return UNREADABLE
    return point.day if point.only_day else point.instant


def _read(reader: Callable[[Any, Moment], Any]) -> Callable[[Any, Moment], Any]:
    def read(value: Any, at: Moment) -> Any:
        if value is MISSING or value is None:
            return value
        result = reader(value, at)
        return UNREADABLE if result is None else result

    return read


_READERS: dict[ValueType, Callable[[Any, Moment], Any]] = {
    ValueType.TEXT: _read(lambda value, _at: text_of(value)),
    ValueType.NUMBER: _read(lambda value, _at: number(value)),
    ValueType.DATE: _read(_read_date),
    ValueType.BOOLEAN: _read(lambda value, _at: truth(value)),
    ValueType.LIST: _read(lambda value, _at: members_of(value)),
}


def explain_at(condition: Group | Leaf, scope: Scope, at: Moment) -> Explanation:
    """`explain` for a condition already parsed."""
    if isinstance(condition, Leaf):
        return kept_beside(condition, _EXPLAINERS, _compile_explainer)(scope, at)
    members = tuple(explain_at(member, scope, at) for member in condition.conditions)
    holding = (member.holds for member in members)
    holds = all(holding) if condition.operator == "and" else any(holding) is (condition.operator == "or")
    return Explanation(holds, condition.operator, members=members)


def _compile_explainer(leaf: Leaf) -> Explainer:
    test, actual, expected = compile_condition(leaf), actual_value(leaf), expected_value(leaf)
    operator, field = leaf.operator.value, leaf.field

    def explain_leaf(scope: Scope, at: Moment) -> Explanation:
        return Explanation(
            test(scope, at), operator, field, fit_to_show(actual(scope, at)), expected(scope, at)
        )

    return explain_leaf


_EXPLAINERS: Kept[Explainer] = {}
