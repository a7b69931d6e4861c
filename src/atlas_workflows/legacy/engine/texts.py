"""How old engines filled in texts: braces, SMS brackets, WhatsApp positions; what finds no value stays as written."""

import re
from typing import Any

from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.legacy.engine.known import Known, js_text
from atlas_workflows.legacy.engine.semantics import OldEngine

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_BARE = re.compile(r"(?<![{$\\])\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}(?!\})")
_SQUARE = re.compile(r"(?<!\\)\[([A-Za-z_][A-Za-z0-9_.]{0,60})\](?!\()")


def fill(
    text: str, known: Known, engine: OldEngine, *, channel: str = "", positions: list[Any] | None = None
) -> str:
    """The text with the values that the engine found."""
    if not engine.comparison.fills_embedded_variables and _BRACES.fullmatch(text.strip()) is None:
        return text  # only a text that is nothing but one reference was ever resolved

    def replaced(match: re.Match[str]) -> str:
        inside = match[1].strip()
        if inside.isdecimal():
            return _at_position(inside, positions or [], match[0])
        found = known.look(inside)
        if found is MISSING or found is None or found == "":
            return known.default_of(inside) or match[0]
        return js_text(found)

    text = _BRACES.sub(replaced, text)
    if "{" in text:
        text = _BARE.sub(lambda match: _certain(match, known), text)
    return (
        _SQUARE.sub(lambda match: _certain(match, known), text) if channel == "sms" and "[" in text else text
    )


def fill_deep(value: Any, known: Known, engine: OldEngine) -> Any:
    """Every text within a value."""
    if isinstance(value, str):
        return fill(value, known, engine)
    if isinstance(value, list):
        return [fill_deep(item, known, engine) for item in value]
    if isinstance(value, dict):
        return {key: fill_deep(item, known, engine) for key, item in value.items()}
    return value


def _at_position(digits: str, positions: list[Any], written: str) -> str:
    at = int(digits) - 1 if len(digits) < 10 else -1
    return js_text(positions[at]) if 0 <= at < len(positions) else written


def _certain(match: re.Match[str], known: Known) -> str:
    found = known.look(match[1])
    if found is MISSING or found in (None, ""):
        return known.default_of(match[1]) or match[0]
    return js_text(found)
