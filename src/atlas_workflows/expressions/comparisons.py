"""How each operator answers: one small function per operator, from actual and expected value to true or false."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from atlas_workflows.expressions.membership import items_of, keys_of, members_of, occurs
from atlas_workflows.expressions.moment import Moment, When, when
from atlas_workflows.expressions.operands import period
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.patterns import compile_pattern
from atlas_workflows.expressions.values import (
    folded,
    identical,
    is_blank,
    number,
    order,
    order_dates,
    same,
    text_of,
    truth,
)
from atlas_workflows.expressions.words import holds_words

# (actual, expected, case_sensitive, at) -> answer
Comparison = Callable[[Any, Any, bool, Moment], bool]


def equals(actual: Any, expected: Any, case_sensitive: bool, at: Moment) -> bool:
    return same(actual, expected, case_sensitive, at)


def strict_equals(actual: Any, expected: Any, _: bool, __: Moment) -> bool:
    return identical(actual, expected)


def greater_than(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order(actual, expected, at) == 1


def greater_than_or_equal(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order(actual, expected, at) in (0, 1)


def less_than(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order(actual, expected, at) == -1


def less_than_or_equal(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order(actual, expected, at) in (-1, 0)


def between(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    if not isinstance(expected, list | tuple) or len(expected) != 2:
        return False
    return order(actual, expected[0], at) in (0, 1) and order(actual, expected[1], at) in (-1, 0)


def contains(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    if isinstance(actual, list | tuple):
        return not is_blank(expected) and occurs(expected, keys_of(actual, case_sensitive), case_sensitive)
    found = _text_and_part(actual, expected, case_sensitive)
    return found is not None and found[1] in found[0]


def contains_words(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    texts, phrase = [text_of(item) for item in items_of(actual)], text_of(expected)
    return phrase is not None and any(text and holds_words(text, phrase, case_sensitive) for text in texts)


def starts_with(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    found = _text_and_part(actual, expected, case_sensitive)
    return found is not None and found[0].startswith(found[1])


def ends_with(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    found = _text_and_part(actual, expected, case_sensitive)
    return found is not None and found[0].endswith(found[1])


def _text_and_part(actual: Any, expected: Any, case_sensitive: bool) -> tuple[str, str] | None:
    """Both as they are compared; None where one is no text, or there is nothing to look for."""
    text, part = text_of(actual), text_of(expected)
    if text is None or part is None or is_blank(part):
        return None
    return folded(text, case_sensitive), folded(part, case_sensitive)


def is_in(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    keys = keys_of(items_of(expected), case_sensitive)
    sought = (None,) if actual is MISSING else items_of(actual)  # a null written into the list asks for both
    return any(occurs(item, keys, case_sensitive) for item in sought)


def exists(actual: Any, _: Any, __: bool, ___: Moment) -> bool:
    return actual is not MISSING and actual is not None


def is_empty(actual: Any, _: Any, __: bool, ___: Moment) -> bool:
    return is_blank(actual)


def is_null(actual: Any, _: Any, __: bool, ___: Moment) -> bool:
    return actual is MISSING or actual is None


def is_true(actual: Any, _: Any, __: bool, ___: Moment) -> bool:
    return truth(actual) is True


def is_false(actual: Any, _: Any, __: bool, ___: Moment) -> bool:
    return truth(actual) is False


def matches_regex(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    text = text_of(actual)
    return text is not None and isinstance(expected, str) and compile_pattern(expected, case_sensitive)(text)


def before(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order_dates(actual, expected, at) == -1


def after(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    return order_dates(actual, expected, at) == 1


def days_ago_less_than(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    days, limit = _days_ago(when(actual, at), at), number(expected)
    return days is not None and limit is not None and days < limit


def days_ago_greater_than(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    days, limit = _days_ago(when(actual, at), at), number(expected)
    return days is not None and limit is not None and days > limit


def has_tag(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    keys = keys_of(members_of(actual), case_sensitive)
    return not is_blank(expected) and occurs(expected, keys, case_sensitive)


def has_any(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    keys = keys_of(members_of(actual), case_sensitive)
    return any(occurs(item, keys, case_sensitive) for item in items_of(expected))


def has_all(actual: Any, expected: Any, case_sensitive: bool, _: Moment) -> bool:
    keys = keys_of(members_of(actual), case_sensitive)
    sought = items_of(expected)
    return len(sought) > 0 and all(occurs(item, keys, case_sensitive) for item in sought)


def within(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    point, length = when(actual, at), period(expected)
    if point is None or length is None:
        return False
    if not point.only_day:
        return timedelta(0) <= at.now - point.instant <= length
    return _local_day(at, -length) <= point.day <= _local_day(at)


def exactly(actual: Any, expected: Any, _: bool, at: Moment) -> bool:
    point, length = when(actual, at), period(expected)
    if point is None or length is None:
        return False
    if expected["unit"] in ("days", "weeks"):
        return timedelta(days=(_local_day(at) - point.day).days) == length
    unit = timedelta(**{expected["unit"]: 1})
    return (at.now - point.instant) // unit * unit == length


COMPARISONS: dict[Operator, Comparison] = {
    Operator.EQUALS: equals,
    Operator.STRICT_EQUALS: strict_equals,
    Operator.GREATER_THAN: greater_than,
    Operator.GREATER_THAN_OR_EQUAL: greater_than_or_equal,
    Operator.LESS_THAN: less_than,
    Operator.LESS_THAN_OR_EQUAL: less_than_or_equal,
    Operator.BETWEEN: between,
    Operator.CONTAINS: contains,
    Operator.CONTAINS_WORDS: contains_words,
    Operator.STARTS_WITH: starts_with,
    Operator.ENDS_WITH: ends_with,
    Operator.IN: is_in,
    Operator.EXISTS: exists,
    Operator.IS_EMPTY: is_empty,
    Operator.IS_NULL: is_null,
    Operator.IS_TRUE: is_true,
    Operator.IS_FALSE: is_false,
    Operator.MATCHES_REGEX: matches_regex,
    Operator.BEFORE: before,
    Operator.AFTER: after,
    Operator.DAYS_AGO_LESS_THAN: days_ago_less_than,
    Operator.DAYS_AGO_GREATER_THAN: days_ago_greater_than,
    Operator.HAS_TAG: has_tag,
    Operator.HAS_ANY: has_any,
    Operator.HAS_ALL: has_all,
    Operator.WITHIN: within,
    Operator.EXACTLY: exactly,
}


def _days_ago(point: When | None, at: Moment) -> Decimal | None:
    if point is None:
        return None
    if point.only_day:
        return Decimal((_local_day(at) - point.day).days)
    return Decimal((at.now - point.instant) // timedelta(microseconds=1)) / 86_400_000_000


def _local_day(at: Moment, shift: timedelta = timedelta(0)) -> date:
    try:
        shifted: datetime = at.now + shift
    except OverflowError:
        return date.min
    return shifted.astimezone(at.zone).date()
