"""When and where a condition is asked: the instant and the time zone, always given by the caller."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.time_zones import read_zone

# ISO 8601 only: 03/04/2026 is March in one country and April in another.
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?", re.I | re.A
)
_LONG_FRACTION = re.compile(r"([.,]\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` is an aware instant; `zone` gives dates without a zone their meaning."""

    now: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class When:
    """A point in time as data had it: an instant, or only a calendar day (then `instant` is that day's start)."""

    instant: datetime
    day: date
    only_day: bool


def moment(now: datetime, timezone: str | tzinfo = UTC) -> Moment:
    """The moment `now` in `timezone` (an IANA name or a tzinfo); a naive `now` is read as UTC."""
    zone = zone_named(timezone) if isinstance(timezone, str) else timezone
    return Moment(now if now.tzinfo else now.replace(tzinfo=UTC), zone)


def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name; raises ExpressionInvalid for an unknown one."""
    if name in ("UTC", "Z"):
        return UTC
    zone = read_zone(name)
    if zone is None:
        raise ExpressionInvalid(
            f"{name[:60]!r} is not a time zone.",
            remedy="Use an IANA name such as Europe/London.",
            timezone=name,
        )
    return zone


def when(value: Any, at: Moment) -> When | None:
    """`value` as a point in time, or None. Understood: datetimes, dates, ISO 8601 texts, now, today, yesterday, tomorrow."""
    try:
        if isinstance(value, str):
            return _from_text(value.strip(), at)
        if isinstance(value, datetime):
            return _from_instant(value, at)
        return _from_day(value, at) if isinstance(value, date) else None
    except (ValueError, OverflowError):
        return None


def _from_text(text: str, at: Moment) -> When | None:
    if len(text) > 40:
        return None
    if _ISO.fullmatch(text) is None:
        return _from_word(text.lower(), at)
    if len(text) == 10:
        return _from_day(date.fromisoformat(text), at)
    return _from_instant(datetime.fromisoformat(_python_iso(text)), at)


def _python_iso(text: str) -> str:
    # Python reads at most microseconds and no blank before the offset.
    short = _LONG_FRACTION.sub(r"\1", text.upper())
    return short[:11] + short[11:].replace(" ", "").replace(",", ".")


def _from_word(word: str, at: Moment) -> When | None:
    if word == "now":
        return _from_instant(at.now, at)
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}.get(word)
    if days is None:
        return None
    today = at.now.astimezone(at.zone).date()
    return _from_day(date.fromordinal(today.toordinal() + days), at)


def _from_instant(value: datetime, at: Moment) -> When:
    aware = value if value.tzinfo else value.replace(tzinfo=at.zone)
    instant = aware.astimezone(UTC)
    return When(instant, aware.astimezone(at.zone).date(), only_day=False)


def _from_day(value: date, at: Moment) -> When:
    return When(datetime.combine(value, time.min, at.zone).astimezone(UTC), value, only_day=True)
