"""Whether values occur in lists: hashed keys, so that two long lists cost their sum and not their product."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from atlas_workflows.expressions.values import ValueKind, folded, kind_of, number, text_of

Keys = frozenset[Hashable]

# Tags arrive as names or as rows of a tag table.
_NAMES_OF_OBJECT = ("name", "id", "tag", "value")
_WORDS = {"true": True, "false": False}


def members_of(value: Any) -> list[Any]:
    """What a value holds: a list's items, a text's parts between commas, nothing for null, else itself."""
    match kind_of(value):
        case ValueKind.LIST:
            return list(value)
        case ValueKind.TEXT:
            return [part for part in (piece.strip() for piece in value.split(",")) if part]
        case ValueKind.MISSING | ValueKind.NULL:
            return []
        case _:
            return [value]


def items_of(value: Any) -> Sequence[Any]:
    """A list as it is; any other value as the only item."""
    return value if isinstance(value, list | tuple) else (value,)


def keys_of(items: Iterable[Any], case_sensitive: bool) -> Keys:
    """The keys under which these items can be found."""
    return frozenset(key for item in items for key in _stored_under(item, case_sensitive))


def occurs(item: Any, keys: Keys, case_sensitive: bool) -> bool:
    """Whether `item` equals one of the items behind `keys`, by the rules of `equals`. What is missing occurs nowhere."""
    return not keys.isdisjoint(_asked_under(item, case_sensitive))


def _stored_under(item: Any, case_sensitive: bool) -> list[Hashable]:
    match kind_of(item):
        case ValueKind.TEXT:
            return [("text", folded(item, case_sensitive)), ("spelled", number(item)), ("word", _word(item))]
        case ValueKind.NUMBER:
            return [("number", number(item))]
        case ValueKind.BOOLEAN:
            return [("boolean", bool(item))]
        case ValueKind.NULL:
            return ["nothing"]
        case ValueKind.OBJECT:
            named = (item.get(name) for name in _NAMES_OF_OBJECT)
            return [
                key
                for name in named
                if isinstance(name, str | int)
                for key in _stored_under(name, case_sensitive)
            ]
        case _:
            text = text_of(item)
            return [] if text is None else [("text", text)]


def _asked_under(item: Any, case_sensitive: bool) -> list[Hashable]:
    match kind_of(item):
        case ValueKind.TEXT:
            spelled, word = number(item), _word(item)
            numbers: list[Hashable] = [] if spelled is None else [("number", spelled)]
            words: list[Hashable] = [] if word is None else [("boolean", word)]
            return [("text", folded(item, case_sensitive)), *numbers, *words]
        case ValueKind.NUMBER:
            return [("number", number(item)), ("spelled", number(item))]
        case ValueKind.BOOLEAN:
            return [("boolean", bool(item)), ("word", bool(item))]
        case _:
            return _stored_under(item, case_sensitive)


def _word(text: str) -> bool | None:
    return _WORDS.get(text.strip().lower()) if len(text) < 20 else None
