"""When time alone makes a condition true: the next instant at which to look again, found before anything is waited for.

Between the points that its dates name, the answer of a comparison stands still: so the condition is asked at each of
them, and at the microsecond after it, where "after" begins. What is computed from `now` has no such points; it is asked
at every full hour of the next MAX_DAYS days.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from atlas_workflows.expressions.condition import Group, Leaf, leaves
from atlas_workflows.expressions.evaluate import compile_condition, expected_value
from atlas_workflows.expressions.moment import Moment, When, when
from atlas_workflows.expressions.operands import FORMULA_KEY, is_deferred, period
from atlas_workflows.expressions.operators import Operand, operand_of
from atlas_workflows.expressions.paths import look_up, parse_path
from atlas_workflows.expressions.values import number

MAX_DAYS = 400
MAX_POINTS = 500  # asked at one go; then it is looked at again when the last of them has come
_WORDS = frozenset({"now", "today", "yesterday", "tomorrow"})
_CLOCK = re.compile(r"\b(now|today|yesterday|tomorrow)\b", re.IGNORECASE)
_PLAIN_NOW = re.compile(r"\s*(\{\{\s*now\s*\}\}|now|now\(\))\s*")
_INSTANT = timedelta(microseconds=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def next_look(condition: Group | Leaf, scope: Mapping[str, Any], at: Moment) -> datetime | None:
    """The next instant after `at` at which the condition, on the same data, holds or has to be asked again."""
    points: set[datetime] = set()
    is_computed = False
    for leaf in leaves(condition):
        if not _looks_at_the_clock(leaf, scope, at):
            continue
        is_computed = is_computed or _is_computed(leaf)
        points.update(point for point in _points(leaf, scope, at) if point > at.now)
    test = compile_condition(condition)
    ordered = sorted(points | {point + _INSTANT for point in points})
    holds = (point for point in ordered[:MAX_POINTS] if test(scope, Moment(point, at.zone)))
    found = next(holds, ordered[MAX_POINTS - 1] if len(ordered) >= MAX_POINTS else None)
    if is_computed:
        hours = (hour for hour in _hours(at, found) if test(scope, Moment(hour, at.zone)))
        return next(hours, found)
    return found


def _hours(at: Moment, until: datetime | None) -> Iterator[datetime]:
    hour = at.now.replace(minute=0, second=0, microsecond=0)
    last = min(at.now + MAX_DAYS * _DAY, until or datetime.max.replace(tzinfo=UTC))
    while (hour := hour + _HOUR) < last:
        yield hour


def _looks_at_the_clock(leaf: Leaf, scope: Mapping[str, Any], at: Moment) -> bool:
    if leaf.field == "now" or operand_of(leaf.operator) in (Operand.DAYS, Operand.PERIOD):
        return True
    if is_deferred(leaf.value) and _CLOCK.search(_text(leaf)):
        return True
    return any(
        isinstance(value, str) and value.strip().lower() in _WORDS for value in _values(leaf, scope, at)
    )


def _is_computed(leaf: Leaf) -> bool:
    return (
        is_deferred(leaf.value) and bool(_CLOCK.search(_text(leaf))) and not _PLAIN_NOW.fullmatch(_text(leaf))
    )


def _text(leaf: Leaf) -> str:
    return leaf.value if isinstance(leaf.value, str) else str(leaf.value[FORMULA_KEY])


def _values(leaf: Leaf, scope: Mapping[str, Any], at: Moment) -> list[Any]:
    # Not as the leaf's type reads it: that would turn "today" into the date of the day on which it is asked.
    expected = expected_value(leaf)(scope, at) if is_deferred(leaf.value) else leaf.value
    actual = look_up(scope, parse_path(leaf.field))
    return [actual, *(expected if isinstance(expected, list | tuple) else [expected])]


def _points(leaf: Leaf, scope: Mapping[str, Any], at: Moment) -> Iterator[datetime]:
    """Instants at which the answer of one comparison may turn."""
    values = _values(leaf, scope, at)
    for value in values:
        if isinstance(value, str) and value.strip().lower() in _WORDS:
            continue
        point = when(value, at)
        if point is not None:
            try:
                yield from _points_of(point, leaf, values[1], at)
            except OverflowError:
                continue


def _points_of(point: When, leaf: Leaf, expected: Any, at: Moment) -> Iterator[datetime]:
    operand = operand_of(leaf.operator)
    if operand is Operand.DAYS:
        days = number(expected)
        length = None if days is None else timedelta(days=float(days))
    else:
        length = period(leaf.value) if operand is Operand.PERIOD else timedelta()
    if length is None:
        return
    unit = timedelta(**{leaf.value["unit"]: 1}) if operand is Operand.PERIOD else timedelta()
    for later in {timedelta(), length, length + unit}:
        yield point.instant + later
        # Two days either way, for yesterday and tomorrow and for days that only count when they are over.
        for days_around in range(-1, 3):
            yield _midnight(point.day + days_around * _DAY + timedelta(days=later.days), at)
            yield _midnight(point.day + days_around * _DAY, at) + later


def _midnight(day: date, at: Moment) -> datetime:
    return datetime.combine(day, time.min, at.zone).astimezone(UTC)
