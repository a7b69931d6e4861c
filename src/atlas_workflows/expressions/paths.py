"""Dotted paths such as `contact.custom_fields.goals[0].name`: how they are read, written and looked up."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, final

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits

Key = str | int
Path = tuple[Key, ...]
Scope = Mapping[str, Any]

SUBJECT = "contact"
# The subject of an execution is one person, whatever the old application called it.
SUBJECT_ALIASES = frozenset({"lead", "client"})

_NAME = re.compile(r"[^\W\d][\w-]*")
_TOKEN = re.compile(
    r"""(?P<dot>\.)?(?P<name>[^\W\d][\w-]*|[0-9]+(?=[.\[]|$))|\[\s*(?:(?P<index>[0-9]+)|"(?P<double>[^"\\\]]*)"|'(?P<single>[^'\\\]]*)')\s*\]"""
)


@final
class Missing:
    """What a path yields that leads nowhere; falsy, and never equal to null."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """The segments of a path, aliases of the subject resolved; raises ExpressionInvalid naming the place."""
    limits.refuse_beyond(limits.MAX_PATH_CHARACTERS, "MAX_PATH_CHARACTERS", len(text), "The path")
    segments = _segments(text.strip())
    limits.refuse_beyond(limits.MAX_PATH_SEGMENTS, "MAX_PATH_SEGMENTS", len(segments), f"The path {text!r}")
    if segments[0] in SUBJECT_ALIASES:
        return (SUBJECT, *segments[1:])
    return segments


def print_path(path: Path) -> str:
    """The text that parses to this path."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif _NAME.fullmatch(segment):
            text += f".{segment}" if text else segment
        else:
            text += f'["{segment}"]'
    return text


def compile_path(path: Path) -> Callable[[Scope], Any]:
    """A function from a scope to the value at `path`, or MISSING."""
    if len(path) == 1:
        only = path[0]
        return lambda scope: scope.get(only, MISSING)  # type: ignore[arg-type]
    if len(path) == 2 and isinstance(path[1], str):
        return _compile_two_names(path[0], path[1])  # nearly every path of a workflow
    return lambda scope: look_up(scope, path)


def look_up(scope: Any, path: Path) -> Any:
    """The value at `path`, or MISSING. A list has `length`; nothing else of Python shows through."""
    value = scope
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key, MISSING) if isinstance(key, str) else _by_index_name(value, key)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            value = _item(value, key)
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def _compile_two_names(first: Any, second: str) -> Callable[[Scope], Any]:
    def get(scope: Scope) -> Any:
        inner = scope.get(first)
        if type(inner) is dict:
            return inner.get(second, MISSING)
        return look_up(scope, (first, second))

    return get


def _by_index_name(value: Mapping[str, Any], key: int) -> Any:
    return value.get(str(key), MISSING)


def _item(value: Sequence[Any], key: Key) -> Any:
    if isinstance(key, int):
        return value[key] if key < len(value) else MISSING
    return len(value) if key == "length" else MISSING


def _segments(text: str) -> Path:
    segments: list[Key] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match["name"] is not None and bool(match["dot"]) != bool(segments)):
            raise _invalid(text, position)
        segments.append(_key(match))
        position = match.end()
    if not segments or isinstance(segments[0], int):
        raise _invalid(text, 0)
    return tuple(segments)


def _key(match: re.Match[str]) -> Key:
    number = match["index"] or (match["name"] if match["name"] and match["name"][0] in "0123456789" else None)
    if number is None:
        return next(text for text in (match["name"], match["double"], match["single"]) if text is not None)
    limits.refuse_beyond(limits.MAX_INDEX, "MAX_INDEX", int(number[:12]), "The index")
    return int(number)


def _invalid(text: str, position: int) -> ExpressionInvalid:
    return ExpressionInvalid(
        f"{text!r} is not a path: nothing fits at character {position + 1}.",
        remedy="Write names joined by dots, list positions in brackets: contact.tags[0].",
        path=text,
        position=position,
    )
