"""How PostgreSQL prints what the loader writes, told beforehand: documents (jsonb), times (timestamptz in UTC), text[].

So a hash taken here over a row on its way in equals one that the database takes over `column::text` of the row that lies
there. A property test holds every spelling against the server.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads

# Escapes what escape_json of the server escapes, letter for letter.
quoted = encode_basestring
_SHORT = 200  # characters; longer documents are customers' own and do not come again
_MOST_DIGITS, _MOST_DECIMALS = 131_072, 16_383  # of PostgreSQL's numeric; jsonb refuses the others
# As the server prints a time: no zeros at the end of the fraction.
_PRINTED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{0,5}[1-9])?\+00", re.ASCII)
_FINER = re.compile(r"[.,](\d{6})(\d+)", re.ASCII)
# What no calendar of Python holds, from a column without zone or time: year 10000, BC.
_BARE = re.compile(r"(\d{4,6}-\d\d-\d\d)( \d\d:\d\d:\d\d(?:\.\d{1,6})?)?( BC)?", re.ASCII)


def text_of(value: Any) -> str:
    """A text as it is, a number, a truth or an array of texts as the server prints it."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is list or kind is tuple:
        return array_of(value)
    return str(value)


def array_of(items: Iterable[Any]) -> str:
    """`to_json(column)::text` of a text[]."""
    return f"[{','.join(['null' if item is None else quoted(str(item)) for item in items])}]"


def document_of(value: Any) -> str:
    """JSON (text, or already decoded) as jsonb prints it; what is no JSON stays as it is."""
    if type(value) is str:
        return _short_document(value) if len(value) <= _SHORT else _document(value)
    return _spelled(value)


def _document(text: str) -> str:
    try:
        return _spelled(loads(text))
    except (InvalidJson, RecursionError):
        return text


# Empty objects, `{"source": "website"}` and their like make up most of all JSON there is.
_short_document = lru_cache(maxsize=4096)(_document)


def _spelled(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is dict:
        # Most values are texts; they are not worth a call each.
        members = [
            f"{quoted(key)}: {quoted(item) if type(item := value[key]) is str else _spelled(item)}"
            for key in _in_order(value)
        ]
        return f"{{{', '.join(members)}}}"
    if kind is list or kind is tuple:
        return f"[{', '.join([quoted(item) if type(item) is str else _spelled(item) for item in value])}]"
    return _atom(value)


def _in_order(keys: Iterable[str]) -> list[str]:
    """Shorter keys first, in bytes; those of one length by their bytes, which is the order of their characters."""
    ordered = sorted(keys)
    ordered.sort(key=len if "".join(ordered).isascii() else _length)
    return ordered


def _length(key: str) -> int:
    return len(key.encode("utf-8", "surrogatepass"))


def _atom(value: Any) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    return (
        _number(value if isinstance(value, Decimal) else Decimal(str(value)))
        if type(value) is not int
        else str(value)
    )


def _number(number: Decimal) -> str:
    """Without an exponent, with the zeros behind the point that were written, and no zero below zero."""
    exponent = number.as_tuple().exponent
    if number.adjusted() >= _MOST_DIGITS or not isinstance(exponent, int) or exponent < -_MOST_DECIMALS:
        return str(number)
    return format(number if number else abs(number), "f")


def time_of(value: Any) -> str:
    """A time, however it is written, as a timestamptz is printed; what no calendar holds (infinity, BC) with its zone."""
    text = str(value)
    if _PRINTED.fullmatch(text):  # as every session of ours reads it: much faster than by the calendar
        return text
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment.astimezone(UTC) if moment.tzinfo else moment) + _rounded_off(text)
    except (ValueError, OverflowError):
        return _with_zone(text)
    printed = moment.replace(tzinfo=None).isoformat(" ")
    return f"{printed.rstrip('0') if moment.microsecond else printed}+00"


def _rounded_off(text: str) -> timedelta:
    """What the server, which rounds to microseconds, adds to a time that Python has cut."""
    finer = _FINER.search(text)
    if finer is None:
        return timedelta()
    return timedelta(microseconds=round(float(f"0.{finer[1]}{finer[2]}") * 1_000_000) - int(finer[1]))


def _with_zone(text: str) -> str:
    bare = _BARE.fullmatch(text)
    return f"{bare[1]}{bare[2] or ' 00:00:00'}+00{bare[3] or ''}" if bare else text
