"""Decoding a jsonb column's text: encoded twice or more, with NUL and half surrogates, or not JSON at all."""

import re
from decimal import Decimal
from typing import Any

import re2

from atlas_workflows import exact_json
from atlas_workflows.errors import InvalidJson
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Row
from atlas_workflows.legacy.source.references import may_refer, without_references

# Only columns of type json or text, and documents inside a string, may hold these; jsonb itself refuses them.
UNSTORABLE_IN_TEXT = rb"\\u(?:0000|[dD][89a-fA-F])|(?:\A|[:,\[])[ \t\r\n]*-?[0-9][0-9.]*[eE][+-]?[0-9]{5}"
_UNSTORABLE_IN_TEXT = re2.compile(UNSTORABLE_IN_TEXT)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_ENCODINGS = 4
_MOST_DIGITS, _MOST_DECIMALS = 131_072, 16_383  # of PostgreSQL's numeric
_OPENERS = frozenset('[{"')

NUL_SIGN = "\u2400"
REPLACEMENT = "\ufffd"


def decode(row: Row, column: str, findings: Findings) -> Any:
    """The column's value with every layer of string encoding taken off; None for SQL NULL, JSON null or no column.

    Text that is not JSON comes back as the text itself (a plain `text` column holds such).
    """
    text = row.get(column)
    if text is None or text in ("{}", "[]", "null"):
        return {} if text == "{}" else [] if text == "[]" else None
    # What was not found in the whole row is not in this column; only a bare number begins where its text does.
    is_plain = findings.is_plain and text[:1] in _OPENERS
    try:
        value = exact_json.loads_plain(text) if is_plain else exact_json.loads(text)
    except InvalidJson:
        value = text
    if type(value) is str:
        value = unwrap(value, column, findings)
    if may_refer(text):
        value = without_references(value, column, findings)
    # Inside a text of the document a further document may hide the escapes, hence the search for them anywhere.
    if not is_plain and may_be_unstorable(text):
        value = storable(value, column, findings)
    return value


def may_be_unstorable(text: str) -> bool:
    """Whether JSON text could hold what jsonb refuses: NUL, half surrogates, numbers of ten thousands of digits."""
    return _UNSTORABLE_IN_TEXT.search(text.encode("utf-8", "surrogatepass")) is not None


def unwrap(value: Any, path: str, findings: Findings) -> Any:
    """Decode a string that itself holds a JSON object or list, as often as needed; other strings stay."""
    layers = 0
    while type(value) is str and value.lstrip()[:1] in _OPENERS:
        try:
            inner = exact_json.loads(value)
        except InvalidJson:
            break
        if not isinstance(inner, str | list | dict) or layers >= _MAX_ENCODINGS:
            break
        value, layers = inner, layers + 1
    if layers and isinstance(value, dict | list):
        findings.reason(ReasonCode.GRAPH_DOUBLE_ENCODED, path, f"JSON inside a string, {layers} deep.")
        return without_references(storable(value, path, findings), path, findings)
    return value


def storable(value: Any, path: str, findings: Findings) -> Any:
    """The value with what PostgreSQL cannot store replaced by visible signs, and said so."""
    if isinstance(value, str):
        return _storable_text(value, path, findings)
    if isinstance(value, Decimal):
        return _storable_number(value, path, findings)
    if isinstance(value, list):
        return [storable(item, f"{path}[{at}]", findings) for at, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            _storable_text(key, path, findings): storable(item, f"{path}.{key}", findings)
            for key, item in value.items()
        }
    return value


def _storable_number(number: Decimal, path: str, findings: Findings) -> Decimal | str:
    exponent = number.as_tuple().exponent
    if number.adjusted() < _MOST_DIGITS and isinstance(exponent, int) and exponent >= -_MOST_DECIMALS:
        return number
    findings.reason(ReasonCode.NUMBER_NOT_STORABLE, visible(path), "No column can hold it; it is a text now.")
    return str(number)


def _storable_text(text: str, path: str, findings: Findings) -> str:
    if _UNSTORABLE.search(text) is None:
        return text
    findings.reason(
        ReasonCode.TEXT_NOT_STORABLE, visible(path), "NUL or half a surrogate pair cannot be stored as text."
    )
    return visible(text)


def visible(text: str) -> str:
    """The text with NUL shown as ␀ and half surrogates as the replacement sign."""
    return _UNSTORABLE.sub(lambda match: NUL_SIGN if match.group() == "\x00" else REPLACEMENT, text)
