"""A last look at a translated node: texts and long numbers of its settings that came out differently stay in `extra`.

Translation writes much anew on purpose: an operator's name, a list that was one text with commas, a unit. What was
written is no longer to be seen then, so it is kept beside, and said.
"""

import html
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from atlas_workflows.graph.model import Node, Trigger
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.stored import LegacyNode
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.secrets.detection import is_secret_name

# Shorter ones are names of options and units; what is a text to people is longer.
SHORTEST_TEXT, SHORTEST_WORD, SHORTEST_NUMBER = 12, 32, 6
_SMALL = 10 ** (SHORTEST_NUMBER - 1)
_MOST_ESCAPINGS = 20
AS_WRITTEN = "as_written"
_DRAWN = frozenset(
    {"id", "type", "source", "target", "sourceHandle", "targetHandle", "position", "positionAbsolute", "icon", "style",
     "width", "height", "selected", "dragging", "isValid", "markerEnd", "error", "inputs", "outputs", "animated", "zIndex",
     "className", "color", "actionType", "action_type", "subtype", "nodeType"}
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{[^{}\s]{1,80}\}|\[[^\[\]\s]{1,80}\]|[<>\"']", re.DOTALL)


def keep_as_written(node: LegacyNode, made: Node | Trigger, findings: Findings) -> dict[str, Any] | None:
    """The parameters with what was written of the settings and is not in them; None where nothing is missing."""
    written = _settings(node.original)
    if not written:
        return None
    scalars: list[Any] = [made.name, getattr(made, "notes", "")]
    _add_scalars(dict(made.parameters), scalars)
    _add_scalars(node.unfolded, scalars)
    lost = _missing(written, scalars)
    for path in [path for path, value in lost.items() if _is_split(value, set(scalars))]:
        del lost[path]
        said = "The list was one text with commas."
        findings.reason(ReasonCode.LIST_FROM_TEXT, f"{node.path}.{path}", said)
    for path in lost:
        said = "It is written differently now; as it was, it is kept in extra."
        findings.reason(ReasonCode.WRITTEN_ANEW, f"{node.path}.{path}", said)
    if not lost:
        return None
    return {**made.parameters, "extra": {**made.parameters.get("extra", {}), AS_WRITTEN: lost}}


def _missing(written: list[tuple[str, Any]], scalars: list[Any]) -> dict[str, Any]:
    """What was written and stands nowhere: first by plain looks, then with escapes undone and placeholders left out."""
    there = set(scalars)
    missing = {path: value for path, value in written if value not in there}
    if not missing:
        return {}
    raw = "\n".join(item for item in there if type(item) is str)
    missing = {path: value for path, value in missing.items() if not _stands_there(value, raw)}
    if not missing:
        return {}
    texts = "\n".join(_plain(item) for item in there if type(item) is str)
    numbers = {_number(item) for item in there if type(item) is not str and not isinstance(item, bool)}
    return {path: value for path, value in missing.items() if not _is_there(value, texts, numbers)}


def _settings(original: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every text and number of the node that may matter to somebody, with its path."""
    found: list[tuple[str, Any]] = []
    for key, value in original.items():
        if key in _DRAWN:
            continue
        if key == "data" and type(value) is dict:
            for name, item in value.items():
                if type(item) is str and len(item) < SHORTEST_TEXT:
                    continue  # as most are; the same below, and the call it spares counts
                if _may_matter(item) and name not in _DRAWN:
                    _add_long(item, f"data.{name}", found)
        elif _may_matter(value):
            _add_long(value, key, found)
    return found


def _add_long(value: Any, path: str, found: list[tuple[str, Any]]) -> None:
    kind = type(value)
    if kind is str:
        if len(value) >= SHORTEST_TEXT:
            found.append((path, value))
    elif kind is dict:
        for key, item in value.items():
            if type(item) is str and len(item) < SHORTEST_TEXT:
                continue
            if _may_matter(item) and key not in _DRAWN and not is_secret_name(key):
                _add_long(item, f"{path}.{key}", found)
    elif kind is list:
        for at, item in enumerate(value):
            if _may_matter(item):
                _add_long(item, f"{path}[{at}]", found)
    elif (kind is int or kind is Decimal) and len(_number(value).as_tuple().digits) >= SHORTEST_NUMBER:
        found.append((path, value))


def _may_matter(value: Any) -> bool:
    """Whether anything long can be found there; most settings are short, and writing their paths costs more than this."""
    kind = type(value)
    if kind is str:
        return len(value) >= SHORTEST_TEXT
    return kind is dict or kind is list or kind is Decimal or (kind is int and not -_SMALL < value < _SMALL)


def _add_scalars(value: Any, found: list[Any]) -> None:
    kind = type(value)
    if kind is dict:
        for item in value.values():
            _add_scalars(item, found)
    elif kind is list or kind is tuple:
        for item in value:
            _add_scalars(item, found)
    elif value is not None:
        found.append(value)


def _stands_there(value: Any, raw: str) -> bool:
    """Whether all of a text but its placeholders stands there letter by letter, as nearly all do."""
    if type(value) is not str:
        return False
    head, *rest = value.split("{{")
    return head in raw and all(part.partition("}}")[2] in raw for part in rest)


def _is_there(value: Any, texts: str, numbers: set[Any]) -> bool:
    if type(value) is not str:
        return _number(value) in numbers or f"{value:f}" in texts
    pieces = (" ".join(part.split()) for part in _PLACEHOLDER.split(_unescaped(value)))
    return all(
        piece in texts for piece in pieces if len(piece) >= (SHORTEST_TEXT if " " in piece else SHORTEST_WORD)
    )


def _is_split(value: Any, there: set[Any]) -> bool:
    """Whether a text with commas came out as the list of its parts."""
    return type(value) is str and "," in value and all(part in there for part in _parts(value))


def _parts(text: str) -> list[str]:
    return [part for piece in text.split(",") if (part := piece.strip())]


def _plain(text: str) -> str:
    return " ".join(_PLACEHOLDER.sub(" ", _unescaped(text)).split())


def _unescaped(text: str) -> str:
    for _ in range(_MOST_ESCAPINGS if "&" in text else 0):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def _number(value: Any) -> Decimal:
    return Decimal(str(value)).normalize() if value else Decimal(0)
