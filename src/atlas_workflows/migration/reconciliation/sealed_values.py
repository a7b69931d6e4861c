"""Whether a sealed value is one that stands in a source row, however deep and however often encoded. Pure."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads

MAX_DEPTH = 12
# Placeholders may have been written anew before the value was sealed; what stands between them may not.
_BETWEEN = re.compile(r"\{\{.*?\}\}|\{[^{}\s]{1,80}\}|\[[^\[\]\s]{1,80}\]", re.DOTALL)


def stands_in(plain: str, columns: Mapping[str, str | None]) -> bool:
    """Whether every text and number of the sealed value is somewhere in the row."""
    there = "\n".join(
        _normal(text) for value in columns.values() if value is not None for text in _texts(value)
    )
    return all(
        fragment in there
        for text in _texts(plain)
        for part in _BETWEEN.split(text)
        if (fragment := _normal(part))
    )


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every scalar below `value` as text; a text that is itself a document is opened."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, str):
        inner = _opened(value) if depth < MAX_DEPTH else value
        if isinstance(inner, str | Mapping | list) and inner != value:
            yield from _texts(inner, depth + 1)
        else:
            yield value
    elif value is not None:
        yield str(value)


def _opened(text: str) -> Any:
    if text[:1] not in ("{", "[", '"'):
        return text
    try:
        return loads(text)
    except InvalidJson:
        return text


def _normal(text: str) -> str:
    for _ in range(MAX_DEPTH):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return " ".join(text.split())
