"""Every legacy syntax for a variable in a text to `{{ }}`; what is not known stays as written and is reported."""

import re
from functools import lru_cache
from typing import NamedTuple

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.paths import Path, parse_path
from atlas_workflows.expressions.placeholder import (
    FilterCall,
    Placeholder,
    parse_placeholder,
    print_placeholder,
)
from atlas_workflows.legacy.conditions.engines import ENGINES
from atlas_workflows.legacy.conditions.fields import CONTACT_FIELDS, ROOT_OF, canonical, is_variable
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange

TemplateTranslation = tuple[str, tuple[Reason, ...], tuple[SemanticChange, ...]]

# By who may have run a node: where one of them filled in no more than a text that is nothing but one variable.
_LEAVES_TEXTS = {
    name: "The old engine sent this text with its variables as written; they are filled in now."
    if len(profiles) == 1
    else "One of the engines that may have run this step sent the text with its variables as written; they are filled in now."
    for name, profiles in ENGINES.items()
    if not all(profile.fills_embedded_variables for profile in profiles)
}
# Between double braces these find no value, and what finds none is left out of a message. (What cannot be read at all
# is still sent as written.)
_NEVER_FILLED = (ReasonCode.TEMPLATE_VARIABLE_UNKNOWN, ReasonCode.TEMPLATE_POSITION_UNUSED)
_DOUBLE = re.compile(r"(\{\{[^{}]*\}\})")
_SINGLE = re.compile(r"(?<![{$\\])\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}(?!\})")
_SQUARE = re.compile(r"(?<!\\)\[([A-Za-z_][A-Za-z0-9_.]{0,60})\](?!\()")
_MOST_REASONS = 50

# What legacy put where the value was missing. Its default for the organization was the product's own name; an
# organization always has a name, so none is carried over.
_DEFAULTS: dict[Path, str] = {
    ("contact", "name"): "there",
    ("contact", "first_name"): "there",
    ("contact", "source"): "unknown",
}
# Bare names that are no column of a person.
_NAMES: dict[str, Path] = {
    "organizationName": ("organization", "name"),
    "organization_name": ("organization", "name"),
    "organisation_name": ("organization", "name"),
    "gymName": ("organization", "name"),
    "gym_name": ("organization", "name"),
    "className": ("appointment", "class_name"),
    "class_name": ("appointment", "class_name"),
    "currentDate": ("now",),
    "current_date": ("now",),
    "today": ("now",),
}
_DATES = frozenset({"currentDate", "current_date", "today"})
_ORDINARY_WORDS = (
    "id status stage source score notes metadata address tags city country gender temperature today"
)
# Bare `{name}` and `[name]` are also CSS, JSON and markdown; only these words are certain to be variables.
_CERTAIN = (frozenset(CONTACT_FIELDS) | frozenset(_NAMES)) - frozenset(_ORDINARY_WORDS.split())

Finding = tuple[ReasonCode, str]
Replacement = tuple[str, Finding | None]
Findings = dict[Finding, None]


class _Setting(NamedTuple):
    """Where a text stands; hashable, so that the same placeholder is worked out once."""

    channel: str
    variables: frozenset[str]
    defaults: bool


def translate_template(
    text: str,
    *,
    channel: str = "other",
    path: str = "",
    variables: frozenset[str] = frozenset(),
    engine: str | None = None,
    defaults: bool = True,
) -> TemplateTranslation:
    """(canonical text, reasons, changes) for a legacy text; never raises.

    `channel` is email, sms, whatsapp or other; `variables` are the names of the workflow's own variables, which win
    over built-in names that no event and no lead has; `engine` names the profile that filled the text in; `defaults=False` leaves out the values
    legacy put in where a name was missing.
    """
    setting = _Setting(channel, variables, defaults)
    findings: Findings = {}
    # Every second piece is a placeholder with its braces; what lies between them may hold bare names.
    pieces = _DOUBLE.split(text)
    doubles = [_double(piece, piece[2:-2], setting) for piece in pieces[1::2]]
    pieces[1::2] = [_noted(replacement, findings) for replacement in doubles]
    unfilled = [raw for raw, finding in doubles if finding is not None and finding[0] in _NEVER_FILLED]
    bare = [
        _bare(piece, setting, findings) if "{" in piece or "[" in piece else piece for piece in pieces[::2]
    ]
    filled = bare != pieces[::2] or any(
        finding is None or finding[0] is ReasonCode.TEMPLATE_DATE_FORMAT for _, finding in doubles
    )
    pieces[::2] = bare
    translated = "".join(pieces)
    if len(translated) > limits.MAX_TEMPLATE_CHARACTERS:
        message = f"The text has {len(text):,} characters; it will not be rendered."
        findings[ReasonCode.TEMPLATE_TOO_LARGE, message] = None
    reasons = tuple(Reason(code, path or None, message) for code, message in list(findings)[:_MOST_REASONS])
    changes = _changes(text, translated, engine, path) if filled else ()
    if any(code is ReasonCode.TEMPLATE_DATE_FORMAT for code, _ in findings):
        changes = (*changes, _date_written(path))
    return translated, reasons, (*changes, _left_empty(unfilled, path)) if unfilled else changes


def _date_written(path: str) -> SemanticChange:
    return SemanticChange(
        ReasonCode.TEMPLATE_DATE_FORMAT,
        path or None,
        "3/29/2026",
        "29 March 2026",
        "Today's date was written as the server wrote dates.",
    )


def _left_empty(unfilled: list[str], path: str) -> SemanticChange:
    return SemanticChange(
        ReasonCode.PLACEHOLDER_LEFT_EMPTY,
        path or None,
        ", ".join(unfilled)[:200],
        "",
        "Nothing can be filled in here; the old application sent it as written, now nothing stands in its place.",
    )


def _noted(replacement: Replacement, findings: Findings) -> str:
    written, finding = replacement
    if finding is not None:
        findings[finding] = None
    return written


def _bare(piece: str, setting: _Setting, findings: Findings) -> str:
    def replaced(match: re.Match[str]) -> str:
        return _noted(_certain(match[0], match[1], setting), findings)

    if "{" in piece:
        piece = _SINGLE.sub(replaced, piece)
    return _SQUARE.sub(replaced, piece) if setting.channel == "sms" and "[" in piece else piece


def _double(raw: str, inside: str, setting: _Setting) -> Replacement:
    """What becomes of `{{ inside }}`."""
    if len(raw) > limits.MAX_PLACEHOLDER_CHARACTERS:
        return raw, (ReasonCode.TEMPLATE_SYNTAX_UNKNOWN, f"{raw[:80]} cannot be read.")
    return _short_double(raw, inside.strip(), setting)


@lru_cache(maxsize=8192)
def _short_double(raw: str, inside: str, setting: _Setting) -> Replacement:
    try:
        placeholder = parse_placeholder(inside)
    except ExpressionInvalid:
        if inside in setting.variables:
            return print_placeholder(Placeholder(path=("variables", inside))), None
        return raw, (ReasonCode.TEMPLATE_SYNTAX_UNKNOWN, f"{raw[:80]} cannot be read.")
    if placeholder.path is not None:
        return _canonical(placeholder, placeholder.path, raw, setting)
    if placeholder.position is None or setting.channel == "whatsapp":
        return raw, None
    return raw, (ReasonCode.TEMPLATE_POSITION_UNUSED, f"{raw} is a position, which only WhatsApp fills.")


@lru_cache(maxsize=8192)
def _certain(raw: str, name: str, setting: _Setting) -> Replacement:
    """What becomes of `{name}` or `[name]`: a variable only if it can be nothing else."""
    try:
        path = parse_path(name)
    except ExpressionInvalid:
        return raw, None
    dotted = len(path) > 1 and str(path[0]) in ROOT_OF
    if not dotted and name not in _CERTAIN and name not in setting.variables:
        # An underscore is in no English word, so somebody meant a variable.
        meant = "_" in name.strip("_") and "." not in name
        return raw, (
            ReasonCode.TEMPLATE_VARIABLE_UNKNOWN,
            f"Nobody knows the variable {raw}.",
        ) if meant else None
    return _canonical(Placeholder(path=path), path, raw, setting)


def _canonical(placeholder: Placeholder, path: Path, raw: str, setting: _Setting) -> Replacement:
    target = _target(path, setting.variables)
    if target is None:
        return raw, (ReasonCode.TEMPLATE_VARIABLE_UNKNOWN, f"Nobody knows the variable {raw[:80]}.")
    if target == ("now",) and path[0] in _DATES and not placeholder.filters:
        written = print_placeholder(Placeholder(path=target, filters=(FilterCall("date"),)))
        return written, (ReasonCode.TEMPLATE_DATE_FORMAT, f"{path[0]} is now written like 29 March 2026.")
    default = _DEFAULTS.get(target) if setting.defaults and not placeholder.filters else None
    filters = placeholder.filters if default is None else (FilterCall("default", (default,)),)
    return print_placeholder(Placeholder(path=target, filters=filters)), None


def _target(path: Path, variables: frozenset[str]) -> Path | None:
    first = str(path[0])
    if len(path) == 1 and not is_variable(first, variables):
        if first in _NAMES:
            return _NAMES[first]
        return canonical(path) if first in CONTACT_FIELDS or first in ("item", "now") else None
    return canonical(path, variables=variables)


def _changes(text: str, translated: str, engine: str | None, path: str) -> tuple[SemanticChange, ...]:
    if engine not in _LEAVES_TEXTS or _DOUBLE.fullmatch(text.strip()) is not None:
        return ()
    return (
        SemanticChange(
            ReasonCode.TEXT_WAS_NOT_FILLED, path or None, text[:200], translated[:200], _LEAVES_TEXTS[engine]
        ),
    )
