"""What two JSON values have in common: kinds, exact numbers, folded text, equality and order."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any

import re2

from atlas_workflows.expressions import limits
from atlas_workflows.expressions.moment import Moment, When, when
from atlas_workflows.expressions.paths import MISSING

Number = int | Decimal


class ValueKind(StrEnum):
    """The kinds a value can be of; whatever JSON does not know is `other` and equals nothing."""

    MISSING = "missing"
    NULL = "null"
    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    LIST = "list"
    OBJECT = "object"
    OTHER = "other"


_QUIET = re2.Options()
_QUIET.log_errors = False
_NUMBER = re2.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", _QUIET)
_LONG_MARKS = re2.compile(rf"\p{{M}}{{{limits.MAX_COMBINING_RUN + 1}}}", _QUIET)
_LONG_TEXT = 10_000  # characters
_KINDS = {
    str: ValueKind.TEXT,
    int: ValueKind.NUMBER,
    bool: ValueKind.BOOLEAN,
    list: ValueKind.LIST,
    dict: ValueKind.OBJECT,
}
_TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
_FALSE_WORDS = frozenset({"false", "no", "off", "0"})


def kind_of(value: Any) -> ValueKind:
    """The kind of a value; a number that is not finite is `other`."""
    found = _KINDS.get(type(value))
    return found if found is not None else _rarer_kind(value)


def number(value: Any) -> Number | None:
    """The exact number a value is or spells, or None. Booleans are no numbers; nor is text with other characters."""
    if type(value) is int:
        return value
    if isinstance(value, str):
        return _spelled_number(value.strip())
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, float):
        spelled = Decimal(repr(float(value)))
        return spelled if spelled.is_finite() else None
    return None


def folded(text: str, case_sensitive: bool = False) -> str:
    """The form in which texts are compared: NFC, and casefolded unless `case_sensitive`."""
    return _fold(text, case_sensitive) if len(text) < _LONG_TEXT else _fold_long(text, case_sensitive)


def _fold(text: str, case_sensitive: bool) -> str:
    if text.isascii():
        return text if case_sensitive else text.lower()
    if _LONG_MARKS.search(_encodable(text)) is not None:
        return text  # normalising thousands of marks in a row takes quadratic time
    if case_sensitive:
        return unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


# A condition may ask one long text hundreds of questions, and normalising a megabyte takes a tenth of a second.
_fold_long = lru_cache(maxsize=2)(_fold)


def text_of(value: Any) -> str | None:
    """A scalar as the text a person would write, or None for missing, null, lists and objects."""
    match kind_of(value):
        case ValueKind.TEXT:
            return str(value)
        case ValueKind.NUMBER:
            return number_text(value)
        case ValueKind.BOOLEAN:
            return "true" if value else "false"
        case ValueKind.DATE:
            return str(value.isoformat())
        case _:
            return None


def number_text(value: Any) -> str:
    """Digits of an exact number; no exponent unless writing it out would take more than 60 digits."""
    exact = number(value)
    if exact is None:
        return str(value)
    if isinstance(exact, int):
        return _integer_text(exact)
    written_out = -60 < exact.adjusted() < 60
    return format(exact, "f") if written_out else str(exact)


def truth(value: Any) -> bool | None:
    """True or false where the value says so (true, 1, yes, on, …), else None."""
    kind = kind_of(value)
    if kind is ValueKind.BOOLEAN:
        return bool(value)
    if kind is ValueKind.NUMBER:
        return {0: False, 1: True}.get(value)
    word = value.strip().lower() if kind is ValueKind.TEXT and len(value) < 20 else ""
    return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else None


def is_blank(value: Any) -> bool:
    """Missing, null, text of blanks only, an empty list or object. Zero and false are not blank."""
    if isinstance(value, str):
        return not value or value.isspace()
    if value is MISSING or value is None:
        return True
    return isinstance(value, Sequence | Mapping) and len(value) == 0


def same(left: Any, right: Any, case_sensitive: bool, at: Moment) -> bool:
    """Equality of the truth table: numbers by value (also spelled as text), text folded, lists and objects by member.

    A missing `right` equals nothing. Null on the right is a null that was written out, or a member of a list or object.
    """
    kind, other = kind_of(left), kind_of(right)
    if kind is ValueKind.TEXT and other is ValueKind.TEXT:
        return left == right or folded(left, case_sensitive) == folded(right, case_sensitive)
    if kind in _NOTHING or other in _NOTHING:
        return kind in _NOTHING and other is ValueKind.NULL
    if ValueKind.DATE in (kind, other):
        return _same_date(left, right, at)
    if kind in _NUMERIC and other in _NUMERIC:
        first, second = number(left), number(right)
        return first is not None and second is not None and first == second
    if ValueKind.BOOLEAN in (kind, other):
        return _same_boolean(left, right, kind, other)
    return kind is other and _same_container(left, right, kind, case_sensitive, at)


def identical(left: Any, right: Any) -> bool:
    """Strict equality: the same JSON type and value, text by code point; missing is identical to nothing."""
    kind = kind_of(left)
    if kind is not kind_of(right) or kind in (ValueKind.MISSING, ValueKind.OTHER):
        return False
    if kind is ValueKind.NUMBER:
        return number(left) == number(right)
    if kind is ValueKind.LIST:
        return len(left) == len(right) and all(map(identical, left, right))
    if kind is ValueKind.OBJECT:
        return left.keys() == right.keys() and all(identical(left[key], right[key]) for key in left)
    return bool(left == right)


def order(left: Any, right: Any, at: Moment) -> int | None:
    """-1, 0 or 1 for values that can be ordered: two numbers, two dates, two plain texts; else None."""
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    if first is not None or second is not None:
        return None
    one, two = when(left, at), when(right, at)
    if one is not None and two is not None:
        return _order_points(one, two)
    plain = one is None and two is None and isinstance(left, str) and isinstance(right, str)
    return _order_texts(left, right) if plain else None


def order_dates(left: Any, right: Any, at: Moment) -> int | None:
    """Order of two points in time, or None; where one side is only a day, both are compared as days in the zone."""
    first, second = when(left, at), when(right, at)
    return None if first is None or second is None else _order_points(first, second)


_NOTHING = frozenset({ValueKind.MISSING, ValueKind.NULL})
_NUMERIC = frozenset({ValueKind.NUMBER, ValueKind.TEXT})


def _order_points(first: When, second: When) -> int:
    if first.only_day or second.only_day:
        return (first.day > second.day) - (first.day < second.day)
    return (first.instant > second.instant) - (first.instant < second.instant)


def _order_texts(left: str, right: str) -> int | None:
    one, two = folded(left), folded(right)
    if not one.strip() or not two.strip():
        return None
    return (one > two) - (one < two)


def _rarer_kind(value: Any) -> ValueKind:
    if value is None:
        return ValueKind.NULL
    if value is MISSING:
        return ValueKind.MISSING
    if isinstance(value, bool):
        return ValueKind.BOOLEAN
    if isinstance(value, Decimal | float | int):
        return (
            ValueKind.NUMBER
            if number(value if not isinstance(value, int) else int(value)) is not None
            else ValueKind.OTHER
        )
    for type_, kind in (
        (str, ValueKind.TEXT),
        (date, ValueKind.DATE),
        (Mapping, ValueKind.OBJECT),
        (bytes, ValueKind.OTHER),
    ):
        if isinstance(value, type_):
            return kind
    return (
        ValueKind.LIST
        if isinstance(value, Sequence) and not isinstance(value, bytearray)
        else ValueKind.OTHER
    )


def _spelled_number(text: str) -> Number | None:
    if not text or len(text) > limits.MAX_NUMBER_DIGITS or not text.isascii():
        return None
    if text.isdigit():
        return int(text)
    if _NUMBER.fullmatch(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _integer_text(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write out more than 4300 digits
        return str(Decimal(value))


def _encodable(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _same_date(left: Any, right: Any, at: Moment) -> bool:
    return order_dates(left, right, at) == 0


def _same_boolean(left: Any, right: Any, kind: ValueKind, other: ValueKind) -> bool:
    if kind is other:
        return bool(left) is bool(right)
    flag, word = (left, right) if kind is ValueKind.BOOLEAN else (right, left)
    return isinstance(word, str) and word.strip().lower() == ("true" if flag else "false")


def _same_container(left: Any, right: Any, kind: ValueKind, case_sensitive: bool, at: Moment) -> bool:
    if kind is ValueKind.LIST:
        return len(left) == len(right) and all(
            same(one, two, case_sensitive, at) for one, two in zip(left, right, strict=True)
        )
    if kind is ValueKind.OBJECT:
        return left.keys() == right.keys() and all(
            same(left[key], right[key], case_sensitive, at) for key in left
        )
    return False
