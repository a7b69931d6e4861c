"""Audience queries evaluated row by row in plain Python, written apart from their SQL; used by the tests here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_YEARLY = re.compile(r"(?:([0-9]{4})-|--)?([0-9]{2})-([0-9]{2})(?:[T ].*)?", re.DOTALL)
_NUMERAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Known:
    """A row with everything that a query may ask: its tags from all places, and when it was written to last."""

    row: Mapping[str, Any]
    tags: frozenset[str]
    contacted_at: datetime | None
    custom: str = "custom_fields"


@dataclass(frozen=True, slots=True)
class At:
    """The moment of asking."""

    now: datetime
    zone: str

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def holds(node: Mapping[str, Any] | None, known: Known, at: At) -> bool:
    """Whether somebody belongs."""
    if node is None:
        return True
    if "all" in node and "tags" not in node:
        return all(holds(each, known, at) for each in node["all"])
    if "any" in node:
        return any(holds(each, known, at) for each in node["any"])
    if "not" in node:
        return not holds(node["not"], known, at)
    return _leaf(node, known, at)


def _leaf(leaf: Mapping[str, Any], known: Known, at: At) -> bool:
    if "field" in leaf:
        return _field(leaf["operator"], _value(known, leaf["field"]), leaf.get("value"))
    if "tags" in leaf:
        carried = {fold(tag) for tag in known.tags}
        wanted = {how: {fold(tag) for tag in tags} for how, tags in leaf["tags"].items()}
        return (
            ("any" not in wanted or bool(carried & wanted["any"]))
            and wanted.get("all", set()) <= carried
            and not carried & wanted.get("none", set())
        )
    if "not_contacted_days" in leaf:
        since = at.now - timedelta(days=leaf["not_contacted_days"])
        return known.contacted_at is None or known.contacted_at <= since
    if "anniversary" in leaf:
        return _yearly(leaf, _date(known, leaf["anniversary"]), at)
    return _dated(leaf, _date(known, leaf["date"]), at)


def fold(text: str) -> str:
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in text)


def _value(known: Known, name: str) -> Any:
    """The value and whether it is of the custom fields, where types are those of JSON."""
    if name.startswith("custom."):
        found = (known.row[known.custom] or {}).get(name.removeprefix("custom."))
        if isinstance(found, bool):
            return "true" if found else "false"
        return None if isinstance(found, dict | list) or found is None else str(found)
    if name == "name" and "name" not in known.row:
        words = [known.row[each] for each in ("first_name", "last_name") if known.row[each] is not None]
        return " ".join(words) or None
    return known.row[name]


def _field(operator: str, value: Any, wanted: Any) -> bool:
    negative = {
        "not_equals": "equals",
        "not_in": "in",
        "not_contains": "contains",
        "is_not_empty": "is_empty",
    }
    if operator in negative:
        return not _field(negative[operator], value, wanted)
    if operator == "is_empty":
        return value is None or (isinstance(value, str) and not value.strip(" \t\n\r"))
    if operator == "in":
        return any(_field("equals", value, each) for each in wanted)
    if value is None:
        return False
    if operator in ("is_true", "is_false"):
        wanted = operator == "is_true"
        operator = "equals"
    return _compared(operator, value, wanted)


def _compared(operator: str, value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return (fold(value) == ("true" if wanted else "false")) if isinstance(value, str) else value is wanted
    if operator in ("contains", "starts_with", "ends_with"):
        text, part = fold(value), fold(str(wanted))
        return {
            "contains": part in text,
            "starts_with": text.startswith(part),
            "ends_with": text.endswith(part),
        }[operator]
    if isinstance(wanted, int | float):
        if isinstance(value, str):
            if _NUMERAL.fullmatch(value) is None:
                return False
            value = Decimal(value)
        exact: Any = float(wanted) if isinstance(value, float) else Decimal(repr(wanted))
        return {
            "equals": value == exact, "greater_than": value > exact, "greater_than_or_equal": value >= exact,
            "less_than": value < exact, "less_than_or_equal": value <= exact,
        }[operator]  # fmt: skip
    return fold(value) == fold(wanted)


def _date(known: Known, name: str) -> Any:
    if name == "birthday" and "birthday" not in known.row:
        for each in ("birthday", "date_of_birth", "birth_date", "birthdate", "dob"):
            found = _value(known, f"custom.{each}")
            if found is not None:
                return found
        return None
    return _value(known, "joined_at" if name == "joined" else name)


def _yearly(leaf: Mapping[str, Any], value: Any, at: At) -> bool:
    day = at.today + timedelta(days=leaf.get("in_days", 0))
    if isinstance(value, datetime):
        instant = value if value.tzinfo else value.replace(tzinfo=UTC)
        bare = instant.astimezone(UTC).time() == time()
        value = instant.astimezone(UTC if bare else ZoneInfo(at.zone)).date()
    if isinstance(value, date):
        value = value.isoformat()
    found = _YEARLY.fullmatch(value) if value is not None else None
    if found is None:
        return False
    year, month, number = int(found[1] or 0), int(found[2]), int(found[3])
    try:
        date(year or 2000, month, number)
    except ValueError:
        return False
    if year > day.year:
        return False
    try:
        return date(day.year, month, number) == day
    except ValueError:
        instead = (2, 28) if leaf.get("leap_day", "feb_28") == "feb_28" else (3, 1)
        return (day.month, day.day) == instead


def _dated(leaf: Mapping[str, Any], value: Any, at: At) -> bool:
    if value is None:
        return False
    if isinstance(value, datetime):
        return _instant(leaf, value if value.tzinfo else value.replace(tzinfo=UTC), at)
    if isinstance(value, str):
        if _DAY.match(value) is None:
            return False
        value = value[:10]
    else:
        value = value.isoformat()
    today = at.today
    if "last_days" in leaf:
        return (today - timedelta(days=leaf["last_days"])).isoformat() <= value <= today.isoformat()
    if "next_days" in leaf:
        return today.isoformat() <= value <= (today + timedelta(days=leaf["next_days"])).isoformat()
    return value < leaf["before"] if "before" in leaf else value > leaf["after"]


def _instant(leaf: Mapping[str, Any], value: datetime, at: At) -> bool:
    zone = ZoneInfo(at.zone)
    local = value.astimezone(zone).date()
    if "last_days" in leaf:
        return at.today - timedelta(days=leaf["last_days"]) <= local and value <= at.now
    if "next_days" in leaf:
        return value >= at.now and local <= at.today + timedelta(days=leaf["next_days"])
    return (
        local < date.fromisoformat(leaf["before"])
        if "before" in leaf
        else local > date.fromisoformat(leaf["after"])
    )
