"""Texts with `{{ … }}` in them: parsed once, rendered often, what could not be resolved is left and reported."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from atlas_workflows.errors import ExpressionInvalid, ExpressionTooLarge
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.filters import written
from atlas_workflows.expressions.moment import Moment, moment
from atlas_workflows.expressions.paths import MISSING, Scope
from atlas_workflows.expressions.placeholder import (
    POSITIONS,
    Evaluated,
    Placeholder,
    compile_placeholder,
    parse_placeholder,
)
from atlas_workflows.expressions.values import is_blank

# Quoted texts may hold braces; whatever else does ends the placeholder.
_PLACEHOLDER = re.compile(
    r"\{\{((?:[^{}\"']|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')*)\}\}|\{\{([^{}]*)\}\}"
)
_SMALL, _MIDDLING = 16_384, 100_000  # characters; what is larger is parsed at every rendering


@dataclass(frozen=True, slots=True)
class Part:
    """A placeholder of a template. `raw` is its text; `problem` says why it cannot be read (then it stays verbatim)."""

    raw: str
    placeholder: Placeholder | None = None
    value: Evaluated | None = None
    problem: ExpressionInvalid | None = None


class Readable(NamedTuple):
    """A placeholder that can be read: what to call it in a report, and the function to its value."""

    name: str
    value: Evaluated


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: literal texts and placeholders in order."""

    text: str
    parts: tuple[str | Part, ...]

    @property
    def problems(self) -> tuple[ExpressionInvalid, ...]:
        return tuple(
            part.problem for part in self.parts if isinstance(part, Part) and part.problem is not None
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text and the names of the placeholders that found no value, each once, in order."""

    text: str
    unresolved: tuple[str, ...] = ()


def render(
    text: str,
    scope: Scope,
    *,
    now: datetime,
    timezone: str | tzinfo = UTC,
    positional: Sequence[Any] = (),
    missing: Literal["keep", "empty"] = "keep",
    escape_html: bool = False,
) -> Rendered:
    """Fill in a template. What a value contains is never expanded again.

    A placeholder without a value stays as written (`missing="keep"`) or leaves nothing (`"empty"`), one that cannot be
    read always stays as written; either way it is reported. `positional` are the values of {{1}}, {{2}}, …; `escape_html` escapes every value put in.
    Raises ExpressionTooLarge for a template or an output beyond the limits.
    """
    full = {**scope, POSITIONS: positional} if positional else scope
    return render_template(
        parse_template(text), full, moment(now, timezone), missing=missing, escape_html=escape_html
    )


def render_template(
    template: Template, scope: Scope, at: Moment, *, missing: str = "keep", escape_html: bool = False
) -> Rendered:
    """`render` for a template already parsed."""
    pieces: list[str] = []
    unresolved: list[str] = []
    length = 0
    for part in template.parts:
        if isinstance(part, str):
            piece = part
        else:
            value = MISSING if part.value is None else part.value(scope, at)
            if value is MISSING or value is None:
                unresolved.append(part.placeholder.name if part.placeholder else part.raw)
                piece = part.raw if missing == "keep" or part.value is None else ""
            else:
                piece = value if type(value) is str else written(value, at)
                piece = html.escape(piece) if escape_html else piece
        pieces.append(piece)
        length += len(piece)
        if length > limits.MAX_OUTPUT_CHARACTERS:
            limits.refuse_beyond(
                limits.MAX_OUTPUT_CHARACTERS, "MAX_OUTPUT_CHARACTERS", length, "The rendered text"
            )
    return Rendered("".join(pieces), tuple(dict.fromkeys(unresolved)) if unresolved else ())


def parse_template(text: str) -> Template:
    """The template in a text; small ones are kept. Placeholders that cannot be read become `problems`.

    Raises ExpressionTooLarge when the text or the number of placeholders passes its limit.
    """
    limits.refuse_beyond(limits.MAX_TEMPLATE_CHARACTERS, "MAX_TEMPLATE_CHARACTERS", len(text), "The template")
    if len(text) <= _SMALL:
        return _parse_small(text)
    return _parse_middling(text) if len(text) <= _MIDDLING else _parse(text)


def check_template(text: str) -> Template:
    """`parse_template`, but the first placeholder that cannot be read is raised."""
    template = parse_template(text)
    for problem in template.problems:
        raise problem
    return template


def print_template(template: Template) -> str:
    """The template's own text."""
    return "".join(part if isinstance(part, str) else part.raw for part in template.parts)


def references(text: str) -> tuple[str, ...]:
    """The paths a template reads, each once, in order; positions as their number."""
    parts = parse_template(text).parts
    found = (part.placeholder for part in parts if isinstance(part, Part))
    names = (p.name for p in found if p is not None and p.literal is None)
    return tuple(dict.fromkeys(names))


def compile_value(text: str) -> Callable[[Scope, Moment], Any]:
    """A function to the template's value: a single placeholder keeps its value's type, anything else is text.

    MISSING where the placeholders found nothing and nothing stands beside them. Raises ExpressionInvalid for a
    placeholder that cannot be read.
    """
    template = check_template(text)
    only = single_placeholder(text)

    def fill_in(scope: Scope, at: Moment) -> Any:
        rendered = render_template(template, scope, at, missing="empty")
        return MISSING if rendered.unresolved and is_blank(rendered.text) else rendered.text

    return fill_in if only is None else only.value


def single_placeholder(text: str) -> Readable | None:
    """The one readable placeholder that a text consists of; None for any other text."""
    return _single_small(text) if len(text) <= _SMALL else _single(text)


def _single(text: str) -> Readable | None:
    parts = parse_template(text.strip()).parts
    only = parts[0] if len(parts) == 1 else None
    if only is None or isinstance(only, str) or only.placeholder is None or only.value is None:
        return None
    return Readable(only.placeholder.name, only.value)


def resolve(text: str, scope: Scope, *, now: datetime, timezone: str | tzinfo = UTC) -> Any:
    """The value a template stands for, type kept where it is one placeholder; MISSING where that finds nothing."""
    return compile_value(text)(scope, moment(now, timezone))


def _parse(text: str) -> Template:
    parts: list[str | Part] = []
    end = 0
    for count, match in enumerate(_PLACEHOLDER.finditer(text), start=1):
        limits.refuse_beyond(limits.MAX_PLACEHOLDERS, "MAX_PLACEHOLDERS", count, "The number of placeholders")
        parts += _between(text[end : match.start()])
        parts.append(_part(match[0], match[1] if match[1] is not None else match[2]))
        end = match.end()
    parts += _between(text[end:])
    return Template(text, tuple(parts))


def _between(text: str) -> list[str | Part]:
    """What stands between placeholders: braces that open none that is ever closed are one that cannot be read."""
    plain, opening, rest = text.partition("{{")
    if not opening:
        return [plain] if plain else []
    problem = ExpressionInvalid(
        f"{opening + rest[:80]!r} opens a placeholder that is not closed, or holds braces.",
        remedy='Write a path and filters: {{ contact.first_name | default("there") }}.',
        position=len(plain),
    )
    return [*([plain] if plain else []), Part(opening + rest, problem=problem)]


_single_small = lru_cache(maxsize=1024)(_single)
_parse_small = lru_cache(maxsize=1024)(_parse)
_parse_middling = lru_cache(maxsize=64)(_parse)


def _part(raw: str, inside: str) -> Part:
    try:
        placeholder = parse_placeholder(inside)
        return Part(raw, placeholder, compile_placeholder(placeholder))
    except ExpressionTooLarge:
        raise
    except ExpressionInvalid as problem:
        return Part(raw, problem=problem)
