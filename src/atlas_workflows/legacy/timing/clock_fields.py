"""Reads the small pieces that legacy waits and schedules share: numbers, units, times of day, weekdays, hours."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from atlas_workflows.legacy.timing.verdicts import Unreadable

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME = re.compile(
    r"\s*(\d{1,2})(?::(\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*([ap])?\.?m?\.?\s*", re.IGNORECASE | re.ASCII
)
_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_SPELLINGS = {
    spelling: number
    for number, name in enumerate(_NAMES)
    for spelling in (name[:3], name[:4], name[:5], name, f"{name}s")
}
Number = int | Decimal
_LARGEST = 10**12


def read_number(value: Any, field: str) -> Number:
    """A finite number out of a number or a text; raises Unreadable."""
    if type(value) is int and abs(value) <= _LARGEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Unreadable(field, f"{_shown(value)} is no number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as cause:
        raise Unreadable(field, f"{_shown(value)} is no number") from cause
    if not number.is_finite() or abs(number) > _LARGEST:
        raise Unreadable(field, f"{_shown(value)} is no usable number")
    return int(number) if number == number.to_integral_value() else number


def read_time(value: Any, field: str) -> tuple[int, int]:
    """Hour and minute of "9:00", "09:00:00" or "9 am"; raises Unreadable."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[2] is None and match[3] is None):
        raise Unreadable(field, f"{_shown(value)} is no time of day")
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise Unreadable(field, f"{_shown(value)} is no time of day")
        hour = hour % 12 + (12 if match[3].lower() == "p" else 0)
    if hour > 23 or minute > 59:
        raise Unreadable(field, f"{_shown(value)} is no time of day")
    return hour, minute


def time_text(time: tuple[int, int]) -> str:
    """HH:MM."""
    return f"{time[0]:02}:{time[1]:02}"


def read_weekdays(value: Any, field: str) -> tuple[int, ...]:
    """Sorted weekday numbers, 0 = Sunday, out of names or numbers; raises Unreadable for anything else."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not items:
        raise Unreadable(field, f"{_shown(value)} names no weekday")
    return tuple(sorted({_weekday(item, field) for item in items}))


def read_hours(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Business hours as ours out of {start, end, days[]}; no days means Monday to Friday."""
    start = read_time(value.get("start", value.get("startTime", "09:00")), f"{field}.start")
    end = read_time(value.get("end", value.get("endTime", "17:00")), f"{field}.end")
    if start >= end:
        raise Unreadable(f"{field}.end", f"{time_text(end)} is not after {time_text(start)}")
    named = value.get("days") or value.get("workingDays")
    days = read_weekdays(named, f"{field}.days") if named else (1, 2, 3, 4, 5)
    return {WEEKDAYS[day]: [f"{time_text(start)}-{time_text(end)}"] for day in days}


def _weekday(item: Any, field: str) -> int:
    text = str(item).strip().lower() if isinstance(item, str | int) and not isinstance(item, bool) else ""
    if text.isascii() and text.isdigit() and int(text) <= 7:
        return int(text) % 7
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    raise Unreadable(field, f"{_shown(item)} is no weekday")


def _shown(value: Any) -> str:
    return repr(value)[:60]
