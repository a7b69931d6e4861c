"""Values on their way into a column of a known type, and identifiers that a type can hold at all."""

from datetime import datetime
from typing import Any
from uuid import UUID

from atlas_workflows import exact_json
from atlas_workflows.integrations.crm.refusal import CrmRefused

_INTEGERS = {"smallint": 15, "integer": 31, "bigint": 63}


def could_be(kind: str, text: str) -> bool:
    """Whether a key of this type can be written like this."""
    if kind == "uuid":
        return _is_uuid(text)
    if kind in _INTEGERS:
        return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2 ** _INTEGERS[kind]
    return "\0" not in text


def as_column(value: Any, kind: str) -> Any:
    """What the driver is given; PostgreSQL reads it as the column's type. Raises CrmRefused for what no column takes."""
    if kind in ("json", "jsonb"):
        return None if value is None else exact_json.dumps_text(value)
    if kind.endswith("[]"):
        return None if value is None else [_text(item) for item in _items(value)]
    return _text(value)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        raise CrmRefused(
            "data", "A list or an object was to go into a column for one value.", "Give one value."
        )
    text = str(value)
    if "\0" in text:
        raise CrmRefused("data", "A text holds a NUL character, which no column can hold.", "Take it out.")
    return text


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
