"""What an old engine knew while it ran: variables, the event and the lead spread over one another, and what it wrote itself."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.values import text_of

_PERSON = frozenset({"lead", "contact", "client", "customer", "member"})
_EVENT = frozenset({"trigger", "triggerData", "trigger_data"})
_GYM = frozenset({"organization", "organisation", "org", "gym"})
_WRAPPERS = frozenset({"context", "data", "input", "inputData", "input_data"})
_GYM_NAMES = frozenset({"organizationName", "organization_name", "organisation_name", "gymName", "gym_name"})
_TODAY = frozenset({"currentDate", "current_date", "today"})
_OTHER_NAMES = {
    "phone_number": "phone", "lead_score": "score", "full_name": "name", "email_address": "email",
    "lead_status": "status", "lead_source": "source", "contact_name": "name", "lead_name": "name",
    "client_name": "name", "member_name": "name",
}  # fmt: skip
# Where the value was missing, the old application wrote these.
_DEFAULTS = {"name": "there", "first_name": "there", "source": "unknown"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIGITS = 10  # a longer number is no place in a list
_INDEX = re.compile(r"\[(\d{1,6})\]")


@dataclass(slots=True)
class Known:
    """`contact` changes as the workflow's own steps change it; `made` are values that steps stored."""

    variables: Mapping[str, Any]
    event: Mapping[str, Any]
    contact: dict[str, Any]
    organization: Mapping[str, Any]
    now: datetime
    made: dict[str, Any] = field(default_factory=dict)

    def look(self, path: str) -> Any:
        """The value at a path as an old text or condition named it; MISSING where nothing stands there."""
        parts = [part for part in _INDEX.sub(r".\1", path.strip()).split(".") if part]
        if not parts:
            return MISSING
        if len(parts) > 1 and parts[0] in _WRAPPERS:
            parts = parts[1:]
        return self._member(parts) if len(parts) > 1 else self._bare(parts[0])

    def default_of(self, path: str) -> str | None:
        """What stood in a text where a value of the lead was missing."""
        owner, _, name = path.strip().rpartition(".")
        return _DEFAULTS.get(_column(name)) if not owner or owner in _PERSON else None

    def _member(self, parts: list[str]) -> Any:
        first, rest = parts[0], parts[1:]
        if first in _PERSON:
            found = self._person(rest[0])
            return _inside(found, rest[1:])
        if first in _EVENT:
            return _inside(self.event, rest)
        if first in _GYM:
            return _inside(self.organization, [_snake(rest[0]), *rest[1:]])
        if first in ("variables", "vars"):
            return _inside(self.variables, rest)
        return _inside(self._bare(first), rest)

    def _bare(self, name: str) -> Any:
        if name in _TODAY:
            return f"{self.now.month}/{self.now.day}/{self.now.year}"
        for place in (self._person, self._event_value, self._made):
            found = place(name)
            if found is not MISSING and found is not None:
                return found
        if name in self.variables:
            return self.variables[name]
        if name in _GYM_NAMES:
            return self.organization.get("name", MISSING)
        return self._person(name)

    def _person(self, name: str) -> Any:
        for key in (name, _snake(name), _column(name)):
            if key in self.contact:
                return self.contact[key]
        return MISSING

    def _event_value(self, name: str) -> Any:
        return self.event.get(name, self.event.get(_snake(name), MISSING))

    def _made(self, name: str) -> Any:
        return self.made.get(name, MISSING)


def js_text(value: Any) -> str:
    """A value as JavaScript put it into a text."""
    if isinstance(value, list):
        return ",".join("" if item is None else js_text(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return text_of(value) or ""


def js_number(value: Any) -> float | None:
    """A number from a number or a text that is one; None for anything else, and for what is too large to count with."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(found) else found


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


def _column(name: str) -> str:
    snake = _snake(name)
    return _OTHER_NAMES.get(snake, snake)


def _inside(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and len(part) < _DIGITS and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value
