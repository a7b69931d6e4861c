"""Every legacy syntax for a variable in a text to `{{ }}`; what is not known stays as written and is reported."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.legacy_profiles import PROFILES
from atlas_workflows.expressions.paths import Path, parse_path
from atlas_workflows.expressions.placeholder import (
    FilterCall,
    Placeholder,
    parse_placeholder,
    print_placeholder,
)
from atlas_workflows.legacy.fields import CONTACT_FIELDS, ROOT_OF, WRAPPERS, canonical
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange

TemplateTranslation = tuple[str, tuple[Reason, ...], tuple[SemanticChange, ...]]

_DOUBLE = re.compile(r"\{\{([^{}]*)\}\}")
_SINGLE = re.compile(r"(?<![{$\\])\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}(?!\})")
_SQUARE = re.compile(r"(?<!\\)\[([A-Za-z_][A-Za-z0-9_.]{0,60})\](?![(\[])")
_MOST_REASONS = 50

# What legacy put where the value was missing. Its default for the organization was the product's own name; an
# organization always has a name, so none is carried over.
_DEFAULTS = {
    ("contact", "name"): "there",
    ("contact", "first_name"): "there",
    ("contact", "source"): "unknown",
}
# Bare names that are no column of a person.
_NAMES: dict[str, Path] = {
    "organizationName": ("organization", "name"),
    "organization_name": ("organization", "name"),
    "organisation_name": ("organization", "name"),
    "gym_name": ("organization", "name"),
    "gymName": ("organization", "name"),
    "business_name": ("organization", "name"),
    "businessName": ("organization", "name"),
    "company_name": ("organization", "name"),
    "companyName": ("organization", "name"),
    "class_name": ("appointment", "class_name"),
    "className": ("appointment", "class_name"),
    "coach_name": ("user", "name"),
    "coachName": ("user", "name"),
    "user_name": ("user", "name"),
    "userName": ("user", "name"),
    "currentDate": ("now",),
    "current_date": ("now",),
    "today": ("now",),
}
_DATES = frozenset({"currentDate", "current_date", "today"})
# Bare `{name}` and `[name]` are also CSS, JSON and markdown; only these words are certain to be variables.
_CERTAIN = (frozenset(CONTACT_FIELDS) | frozenset(_NAMES)) - frozenset(
    [
        "id",
        "status",
        "stage",
        "source",
        "score",
        "notes",
        "metadata",
        "address",
        "tags",
        "city",
        "country",
        "gender",
        "temperature",
        "today",
    ]
)


@dataclass(slots=True)
class _Text:
    channel: str
    path: str
    variables: frozenset[str]
    defaults: bool
    reasons: list[Reason] = field(default_factory=list)

    def say(self, code: ReasonCode, message: str) -> None:
        if len(self.reasons) < _MOST_REASONS:
            self.reasons.append(Reason(code, self.path or None, message))


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
    over built-in names; `engine` names the profile that filled the text in; `defaults=False` leaves out the values
    legacy put in where a name was missing.
    """
    found = _Text(channel, path, variables, defaults)
    translated = _DOUBLE.sub(lambda match: _double(match, found), text)
    translated = _outside_placeholders(translated, lambda piece: _bare(piece, found))
    if len(translated) > limits.MAX_TEMPLATE_CHARACTERS:
        found.say(
            ReasonCode.TEMPLATE_TOO_LARGE, f"The text has {len(text):,} characters; it will not be rendered."
        )
    return translated, tuple(dict.fromkeys(found.reasons)), _changes(text, translated, engine, path)


def _double(match: re.Match[str], found: _Text) -> str:
    inside = match[1].strip()
    try:
        placeholder = parse_placeholder(inside)
    except ExpressionInvalid:
        return _spaced_variable(match, inside, found)
    if placeholder.position is not None:
        if found.channel != "whatsapp":
            found.say(
                ReasonCode.TEMPLATE_POSITION_UNUSED,
                f"{match[0][:80]} is a position, which only WhatsApp fills.",
            )
        return match[0]
    if placeholder.path is None:
        return match[0]
    return _canonical_placeholder(placeholder, placeholder.path, match[0], found)


def _spaced_variable(match: re.Match[str], inside: str, found: _Text) -> str:
    if inside in found.variables:
        return print_placeholder(Placeholder(path=("variables", inside)))
    found.say(ReasonCode.TEMPLATE_SYNTAX_UNKNOWN, f"{match[0][:80]} cannot be read.")
    return match[0]


def _canonical_placeholder(placeholder: Placeholder, path: Path, raw: str, found: _Text) -> str:
    target = _target(path, found.variables)
    if target is None:
        found.say(ReasonCode.TEMPLATE_VARIABLE_UNKNOWN, f"Nobody knows the variable {raw[:80]}.")
        return raw
    filters = placeholder.filters or _filters(path, target, found)
    return print_placeholder(Placeholder(path=target, filters=filters))


def _target(path: Path, variables: frozenset[str]) -> Path | None:
    first = str(path[0])
    if first in variables:
        return ("variables", *path)
    if len(path) == 1:
        if first in _NAMES:
            return _NAMES[first]
        return canonical(path) if first in CONTACT_FIELDS or first in ("item", "now") else None
    return canonical(path) if first in ROOT_OF or first in WRAPPERS else None


def _filters(path: Path, target: Path, found: _Text) -> tuple[FilterCall, ...]:
    if target == ("now",) and path[0] in _DATES:
        found.say(ReasonCode.TEMPLATE_DATE_FORMAT, f"{path[0]} is now written like 29 March 2026.")
        return (FilterCall("date"),)
    default = (
        _DEFAULTS.get((str(target[0]), str(target[-1]))) if len(target) == 2 and found.defaults else None
    )
    return (FilterCall("default", (default,)),) if default else ()


def _outside_placeholders(text: str, change: Callable[[str], str]) -> str:
    if "{" not in text and "[" not in text:
        return text
    pieces = re.split(r"(\{\{[^{}]*\}\})", text)
    return "".join(piece if index % 2 else change(piece) for index, piece in enumerate(pieces))


def _bare(piece: str, found: _Text) -> str:
    if "{" in piece:
        piece = _SINGLE.sub(lambda match: _certain(match, found), piece)
    if found.channel == "sms" and "[" in piece:
        piece = _SQUARE.sub(lambda match: _certain(match, found), piece)
    return piece


def _certain(match: re.Match[str], found: _Text) -> str:
    """A variable in single braces or square brackets, if it can be nothing else."""
    name = match[1]
    try:
        path = tuple(name.split(".")) if "." in name else (name,)
        parse_path(name)
    except ExpressionInvalid:
        return match[0]
    known = path[0] in ROOT_OF if len(path) > 1 else name in _CERTAIN or name in found.variables
    if not known:
        return match[0]
    return _canonical_placeholder(Placeholder(path=path), path, match[0], found)


def _changes(text: str, translated: str, engine: str | None, path: str) -> tuple[SemanticChange, ...]:
    profile = PROFILES.get(engine) if engine else None
    whole = _DOUBLE.fullmatch(text.strip()) is not None
    if profile is None or profile.fills_embedded_variables or whole or "{{" not in translated:
        return ()
    return (
        SemanticChange(
            ReasonCode.TEXT_WAS_NOT_FILLED,
            path or None,
            text[:200],
            translated[:200],
            "The old engine sent this text with its variables as written; they are filled in now.",
        ),
    )
