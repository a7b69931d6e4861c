"""JSON in and out without losing a digit: big integers and decimals survive, unlike with orjson alone.

orjson reads 12345678901234567890123 as a float and 1.10 as 1.1. A text that could hold such a number takes
the standard library's decoder with `parse_float=Decimal`; every other text takes orjson, which is 5–10 times
faster. Which texts those are is decided by one regular expression over the whole text, so a string such as
"from 1, 1.2 times" costs time but never a digit.
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any, NoReturn

import orjson
import re2

from atlas_workflows.errors import InvalidJson

# Every byte of every legacy row passes here, and re2 is five times as fast as re on it. A number follows a key's quote
# and colon, a comma, a bracket or the beginning; so neither the digits of an id nor the seconds of a time match.
MAY_LOSE_DIGITS = rb'(?:\A|"[ \t\r\n]*:|[,\[])[ \t\r\n]*(?:-?[0-9]+[.eE]|-?[0-9]{16}|-0)'
_MAY_LOSE_DIGITS = re2.compile(MAY_LOSE_DIGITS)
_SHORT, _DIGITS = 64, b"0123456789"  # bytes; re2 takes two microseconds to get started, whatever the length
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_NO_QUOTES_OR_BRACKETS = bytes(byte for byte in range(256) if byte not in b'"[]{}')
# Of a number from outside. PostgreSQL keeps 1e5000 as 5,001 digits, which nobody reads back, and seven letters of a body
# may become 130,000; nothing that is measured or counted comes near this.
FURTHEST_EXPONENT = 1_000


def loads(text: str | bytes) -> Any:
    """Decode JSON; fractions become Decimal, integers keep every digit.

    Raises InvalidJson for anything that RFC 8259 does not allow (NaN and Infinity included).
    """
    return _loads(text, Decimal)


def loads_foreign(text: str | bytes) -> Any:
    """`loads` of what comes from outside: a number whose exponent is beyond FURTHEST_EXPONENT is refused too."""
    return _loads(text, _bounded)


def loads_plain(text: str | bytes) -> Any:
    """`loads` of a text in which somebody has looked for MAY_LOSE_DIGITS already, and did not find it."""
    return _loads_plain(text, Decimal)


def loads_unambiguous(text: str | bytes) -> Any:
    """`loads_foreign` of what a person wrote: a key that stands twice in one object is refused, not silently overwritten."""
    value = loads_foreign(text)
    try:
        json.loads(text, object_pairs_hook=_refuse_repeated_keys, parse_int=str, parse_float=str)
    except RecursionError as cause:
        raise InvalidJson("The JSON is nested too deeply.", remedy="Flatten it.") from cause
    return value


def is_deeper(text: bytes, most: int) -> bool:
    """Whether brackets outside of strings are nested deeper than `most`, before anything recurses into them. In linear time."""
    if text.count(b"[") + text.count(b"{") <= most:
        return False
    # Escapes stand in strings only; without them every quote begins or ends one.
    bare = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_QUOTES_OR_BRACKETS)
    depth = 0
    for bracket in b"".join(bare.split(b'"')[::2]):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            return True
    return False


def dumps(value: Any) -> bytes:
    """Encode to compact UTF-8 JSON; the inverse of `loads`.

    A lone surrogate is written as its escape, so the text stays valid UTF-8.
    """
    try:
        return orjson.dumps(value, default=_encode_number)
    except TypeError:
        return orjson.dumps(_escape_hard_values(value), default=_encode_number)


def dumps_text(value: Any) -> str:
    """`dumps` as str."""
    return dumps(value).decode()


def _loads(text: str | bytes, number: Callable[[str], Decimal]) -> Any:
    try:
        raw = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError:
        return _loads_exactly(text, number)
    is_safe = len(raw) <= _SHORT and len(raw.translate(None, _DIGITS)) == len(raw)
    if is_safe or _MAY_LOSE_DIGITS.search(raw) is None:
        return _loads_plain(text, number)
    return _loads_exactly(text, number)


def _loads_plain(text: str | bytes, number: Callable[[str], Decimal]) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _loads_exactly(text, number)  # lone surrogates are legal in JSON text but not for orjson


def _loads_exactly(text: str | bytes, number: Callable[[str], Decimal]) -> Any:
    try:
        # Decoded here, for json.loads would take bytes for UTF-16 where they look like it.
        read = text.decode("utf-8", "surrogatepass") if isinstance(text, bytes) else text
        return json.loads(read, parse_float=number, parse_constant=_refuse_constant)
    except DecimalException as cause:
        raise InvalidJson(
            "A number in the JSON has an exponent beyond all bounds.", remedy="Write it as a text."
        ) from cause
    except RecursionError as cause:
        raise InvalidJson("The JSON is nested too deeply.", remedy="Flatten it.") from cause
    except ValueError as cause:
        if "int_max_str_digits" in str(cause):
            limit = sys.get_int_max_str_digits()
            raise InvalidJson(
                f"A number in the JSON has more than {limit:,} digits.", remedy="Write it as a text."
            ) from cause
        raise InvalidJson(
            f"The text is not JSON: {cause}.", remedy="Correct the text at that place."
        ) from cause


def _bounded(text: str) -> Decimal:
    found = Decimal(text)
    if abs(found.adjusted()) > FURTHEST_EXPONENT:
        raise InvalidJson(
            f"A number in the JSON has an exponent beyond {FURTHEST_EXPONENT:,}.",
            remedy="Write it as a text.",
        )
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidJson(
                f"The key {key[:80]!r} stands twice in one object.",
                remedy="Keep one of the two; only one of them could count.",
            )
        seen.add(key)


def _encode_number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"{type(value).__name__} is not JSON")


def _escape_hard_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {_escape_key(key): _escape_hard_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escape_hard_values(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and not _INT64_MIN <= value <= _UINT64_MAX:
        return orjson.Fragment(str(value).encode())
    if isinstance(value, str) and _has_surrogate(value):
        return orjson.Fragment(json.dumps(value).encode())
    return value


def _escape_key(key: str) -> str:
    # orjson takes no fragment as a key; a lone surrogate there cannot be stored by PostgreSQL either.
    return key.encode("utf-8", "backslashreplace").decode() if _has_surrogate(key) else key


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
