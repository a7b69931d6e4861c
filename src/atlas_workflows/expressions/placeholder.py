"""The inside of `{{ … }}`: a path, a position or a quoted text, then filters. A hand-written scanner, no eval."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.filters import Filter, make_filter
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.paths import MISSING, Path, Scope, compile_path, parse_path, print_path

# Root under which a rendering finds the values of {{1}}, {{2}}, …
POSITIONS = "$positions"
Evaluated = Callable[[Scope, Moment], Any]

_QUOTED = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_SOURCE = re.compile(
    rf"\s*(?:(?P<text>{_QUOTED})|(?P<position>[0-9]{{1,3}})(?=\s*(?:\||$))|(?P<path>[^\s|(){{}}\"'\[\]]+(?:\[(?:[0-9]+|\s*{_QUOTED}\s*)\][^\s|(){{}}\"'\[\]]*)*))\s*"
)
_FILTER = re.compile(r"\|\s*([A-Za-z_]\w*)\s*", re.ASCII)
_ARGUMENT = re.compile(
    rf"\s*(?:(?P<text>{_QUOTED})|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<word>true|false|null))\s*"
)
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class FilterCall:
    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `{{ … }}`. Exactly one of `path`, `position` (1 is the first) and `literal` is set."""

    path: Path | None = None
    position: int | None = None
    literal: str | None = None
    filters: tuple[FilterCall, ...] = ()

    @property
    def name(self) -> str:
        """What to call it in a report."""
        if self.path is not None:
            return print_path(self.path)
        return repr(self.literal) if self.literal is not None else str(self.position)


@lru_cache(maxsize=4096)
def parse_placeholder(inside: str) -> Placeholder:
    """Read what stands between the braces; raises ExpressionInvalid naming the place."""
    limits.refuse_beyond(
        limits.MAX_PLACEHOLDER_CHARACTERS, "MAX_PLACEHOLDER_CHARACTERS", len(inside), "The placeholder"
    )
    source = _SOURCE.match(inside)
    if source is None:
        raise _invalid(inside, 0)
    calls = _filters(inside, source.end())
    if source["text"] is not None:
        return Placeholder(literal=_unquoted(source["text"]), filters=calls)
    if source["position"] is not None:
        return Placeholder(position=max(int(source["position"]), 1), filters=calls)
    return Placeholder(path=parse_path(source["path"]), filters=calls)


def print_placeholder(placeholder: Placeholder) -> str:
    """The text, braces included, that parses to this placeholder."""
    parts = [_printed_source(placeholder)]
    for call in placeholder.filters:
        arguments = ", ".join(_printed(argument) for argument in call.arguments)
        parts.append(f"{call.name}({arguments})" if call.arguments else call.name)
    return "{{ " + " | ".join(parts) + " }}"


def compile_placeholder(placeholder: Placeholder) -> Evaluated:
    """A function to the placeholder's value, or MISSING."""
    source = _compile_source(placeholder)
    filters = tuple(make_filter(call.name, call.arguments) for call in placeholder.filters)
    if not filters:
        return source
    return lambda scope, at: _filtered(source(scope, at), filters, at)


def _filtered(value: Any, filters: tuple[Filter, ...], at: Moment) -> Any:
    for filter_ in filters:
        value = filter_(value, at)
    return value


def _compile_source(placeholder: Placeholder) -> Evaluated:
    if placeholder.literal is not None:
        literal = placeholder.literal
        return lambda _scope, _at: literal
    if placeholder.path == ("now",):
        return lambda _scope, at: at.now
    if placeholder.path is not None:
        get = compile_path(placeholder.path)
        return lambda scope, _at: get(scope)
    index = (placeholder.position or 1) - 1
    return lambda scope, _at: _positional(scope.get(POSITIONS), index)


def _positional(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list | tuple) and index < len(values) else MISSING


def _filters(inside: str, start: int) -> tuple[FilterCall, ...]:
    calls: list[FilterCall] = []
    position = start
    while position < len(inside):
        match = _FILTER.match(inside, position)
        if match is None:
            raise _invalid(inside, position)
        arguments, position = _arguments(inside, match.end())
        make_filter(match[1], arguments)
        calls.append(FilterCall(match[1], arguments))
    limits.refuse_beyond(limits.MAX_FILTERS, "MAX_FILTERS", len(calls), "The chain of filters")
    return tuple(calls)


def _arguments(inside: str, start: int) -> tuple[tuple[Any, ...], int]:
    if not inside.startswith("(", start):
        return (), start
    arguments: list[Any] = []
    position = start + 1
    while True:
        match = _ARGUMENT.match(inside, position)
        if match is None:
            raise _invalid(inside, position)
        arguments.append(_argument(match))
        position = match.end()
        if inside.startswith(")", position):
            return tuple(arguments), _skip_blanks(inside, position + 1)
        if not inside.startswith(",", position):
            raise _invalid(inside, position)
        position += 1


def _skip_blanks(inside: str, position: int) -> int:
    while position < len(inside) and inside[position].isspace():
        position += 1
    return position


def _argument(match: re.Match[str]) -> Any:
    if match["text"] is not None:
        return _unquoted(match["text"])
    if match["word"] is not None:
        return _WORDS[match["word"]]
    return Decimal(match["number"]) if "." in match["number"] else int(match["number"])


def _unquoted(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL)


def _printed_source(placeholder: Placeholder) -> str:
    return _printed(placeholder.literal) if placeholder.literal is not None else placeholder.name


def _printed(argument: Any) -> str:
    if isinstance(argument, str):
        return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if argument is None:
        return "null"
    return str(argument).lower() if isinstance(argument, bool) else str(argument)


def _invalid(inside: str, position: int) -> ExpressionInvalid:
    return ExpressionInvalid(
        f"{{{{{inside[:80]}}}}} cannot be read from character {position + 1} on.",
        remedy='Write a path and filters: {{ contact.first_name | default("there") }}.',
        position=position,
    )
