"""How long an old engine waited: whatever was configured, and never longer than five minutes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from atlas_workflows.legacy.engine.known import Known, js_number
from atlas_workflows.legacy.engine.questions import answer
from atlas_workflows.legacy.engine.semantics import CAP_SECONDS, OldEngine
from atlas_workflows.legacy.engine.texts import fill

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_WORDED = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_LENGTH_KEYS = ("duration", "delay", "wait", "value", "amount", "durationValue")
_UNIT_KEYS = ("unit", "durationUnit", "duration_unit", "delayUnit")
_OFFICE_DAYS, _OPENS, _CLOSES = range(5), 9, 17  # on the server's clock, which ran in UTC
_LONG = CAP_SECONDS * 2  # stands for anything beyond the cap


def waited_seconds(settings: Mapping[str, Any], known: Known, engine: OldEngine) -> float:
    """Seconds between the step and the next one."""
    wanted = max(0.0, _wanted(settings, known, engine))
    if _keeps_office_hours(settings):
        wanted += _until_office(known.now + timedelta(seconds=min(wanted, 10**8)))
    return min(wanted, CAP_SECONDS)


def _wanted(settings: Mapping[str, Any], known: Known, engine: OldEngine) -> float:
    delay = settings.get("delay")
    if isinstance(delay, Mapping):
        return _wanted(_flattened(delay), known, engine)
    if settings.get("baseDelay") is not None:
        return _dynamic(settings, known, engine)
    kind = str(settings.get("waitType") or settings.get("type") or "duration").strip().lower()
    if kind in ("until_datetime", "until_date", "datetime"):
        return _until(settings.get("datetime", settings.get("dateTime")), known, engine)
    if kind == "until_condition":
        return 0.0 if answer(settings.get("condition"), known, engine).holds else _LONG
    if kind == "specific_time":
        inner = settings.get("specificTime")
        return _until_clock(inner.get("time") if isinstance(inner, Mapping) else inner, known)
    return _plain(settings)


def _flattened(delay: Mapping[str, Any]) -> dict[str, Any]:
    if delay.get("type") == "schedule":
        at = delay.get("scheduledTime")
        is_clock = isinstance(at, str) and _CLOCK.fullmatch(at.strip())
        kind = (
            {"type": "specific_time", "specificTime": at}
            if is_clock
            else {"type": "datetime", "datetime": at}
        )
        return {**kind, "businessHours": delay.get("businessHours")}
    value = delay.get("baseValue", delay.get("value", delay.get("duration")))
    base = {"value": value, "unit": delay.get("unit")}
    if delay.get("type") == "dynamic":
        return {
            "baseDelay": base,
            "conditions": delay.get("conditions"),
            "businessHours": delay.get("businessHours"),
        }
    return {"duration": base, "businessHours": delay.get("businessHours")}


def _plain(settings: Mapping[str, Any]) -> float:
    unit = next((settings[key] for key in _UNIT_KEYS if settings.get(key) is not None), None)
    for key in _LENGTH_KEYS:
        if settings.get(key) not in (None, ""):
            return _length(settings[key], unit)
    for name, seconds in _SECONDS.items():
        for key in (f"delay_{name}", f"delay{name.title()}", f"wait_{name}", name):
            if settings.get(key) is not None:
                return (js_number(settings[key]) or 0.0) * seconds
    return 0.0


def _length(value: Any, unit: Any) -> float:
    if isinstance(value, Mapping):
        unit = value.get("unit", unit)
        value = value.get("value", value.get("amount"))
    if isinstance(value, str) and (worded := _WORDED.fullmatch(value)):
        value, unit = worded[1], worded[2]
    # An unknown unit meant seconds; what is no number passed at once.
    return (js_number(value) or 0.0) * _SECONDS.get(unit if isinstance(unit, str) else "", 1)


def _dynamic(settings: Mapping[str, Any], known: Known, engine: OldEngine) -> float:
    length = _length(settings["baseDelay"], settings.get("unit"))
    entries = settings.get("conditions")
    for entry in entries if isinstance(entries, list) else []:
        modifier = entry.get("delayModifier") if isinstance(entry, Mapping) else None
        if isinstance(modifier, Mapping) and answer(entry.get("condition"), known, engine).holds:
            length = _modified(length, modifier)
    return length


def _modified(length: float, modifier: Mapping[str, Any]) -> float:
    operation = modifier.get("operation")
    if operation == "multiply":
        return length * (js_number(modifier.get("value")) or 0.0)
    own = _length(modifier.get("value"), modifier.get("unit"))
    return own if operation == "set" else length + own if operation == "add" else length


def _until(at: Any, known: Known, engine: OldEngine) -> float:
    text = fill(at, known, engine).strip() if isinstance(at, str) else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - known.now).total_seconds()


def _until_clock(text: Any, known: Known) -> float:
    found = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return 0.0
    now = known.now.astimezone(UTC)
    due = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    return (due - now).total_seconds() % 86_400


def _keeps_office_hours(settings: Mapping[str, Any]) -> bool:
    hours = settings.get("businessHours")
    if isinstance(hours, Mapping):
        return bool(hours.get("enabled", True))
    return (
        hours is True
        or settings.get("businessHoursOnly") is True
        or settings.get("business_hours_only") is True
    )


def _until_office(at: datetime) -> float:
    at = at.astimezone(UTC)
    is_open = at.weekday() in _OFFICE_DAYS and _OPENS <= at.hour < _CLOSES
    return 0.0 if is_open else _LONG
