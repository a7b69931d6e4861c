"""Legacy schedules, every form of them, into a schedule spec; what cannot be read or never fires says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.errors import AtlasError, ScheduleRefused
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.timing.clock_fields import read_number, read_time, read_weekdays, time_text
from atlas_workflows.legacy.timing.cron_dialects import normalise_cron
from atlas_workflows.legacy.timing.verdicts import Unreadable, Verdict
from atlas_workflows.legacy.timing.zones import clean_zone, column_zone, settle_zone
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.spec import parse_spec, spec_to_json

ANCHOR = "2024-01-01T00:00"  # a Monday and the first of a month: every unit counts from a whole one
UNITS = ("minutes", "hours", "days", "weeks", "months")
DAY_SETS = {"everyday": "*", "daily": "*", "weekdays": "1-5", "weekends": "0,6"}
CRON_KEYS = ("cronExpression", "cron_expression", "cron", "expression")
TIME_KEYS = ("runTime", "run_time", "time", "timeOfDay")
DAYS_KEYS = ("daysOfWeek", "days_of_week", "days", "dayOfWeek")
ONCE_KEYS = ("runAt", "run_at", "datetime", "dateTime", "scheduledAt", "scheduled_at")
ZONE_KEYS = ("timezone", "tz", "timeZone")


@dataclass(frozen=True, slots=True)
class ScheduleTranslation:
    """The schedule spec, or None with a SCHEDULE_UNREADABLE reason."""

    spec: dict[str, Any] | None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[SemanticChange, ...] = ()


def translate_schedule(raw: Any, *, default_timezone: str | None, path: str) -> ScheduleTranslation:
    """Translate one schedule configuration, or one schedule_triggers row as column texts; never raises.

    `default_timezone`: the workflow's or organization's zone, used where the schedule itself names none.
    """
    verdict = Verdict(path)
    try:
        spec = _translate(raw, default_timezone, verdict)
    except Unreadable as found:
        verdict.reason(ReasonCode.SCHEDULE_UNREADABLE, found.field, f"{found.why}.")
        return ScheduleTranslation(None, tuple(verdict.reasons))
    except ScheduleRefused as found:
        verdict.reason(ReasonCode.SCHEDULE_UNREADABLE, "", found.fact)
        return ScheduleTranslation(None, tuple(verdict.reasons))
    return ScheduleTranslation(spec, tuple(verdict.reasons), tuple(verdict.changes))


def _translate(raw: Any, default_timezone: str | None, verdict: Verdict) -> dict[str, Any]:
    config, own_zone = _open(raw, verdict)
    zone = settle_zone(own_zone, default_timezone, verdict, "timezone")
    document = {**_rule(config, verdict), **_bounds(config), "timezone": zone}
    if config.get("catchUp", config.get("catch_up")) is True:
        document["catch_up"] = {"mode": "latest"}
    if config.get("active") is False:
        document["enabled"] = False
    spec = parse_spec(document)
    verdict.change(
        ReasonCode.NEVER_FIRED_IN_LEGACY,
        "never",
        describe(spec),
        "The old application never fired schedules; this one would fire now.",
    )
    return spec_to_json(spec)


def _open(raw: Any, verdict: Verdict) -> tuple[Mapping[str, Any], str | None]:
    """The configuration of any wrapping, and the zone it names itself."""
    if isinstance(raw, str):
        decoded = _decoded(raw)
        return _open(decoded, verdict) if isinstance(decoded, Mapping) else ({"cron": raw}, None)
    if not isinstance(raw, Mapping):
        raise Unreadable("", f"{type(raw).__name__} is no schedule")
    inner = raw.get("schedule_config", raw.get("scheduleConfig", raw.get("schedule")))
    if inner is None:
        return raw, _own_zone(raw, verdict)
    is_row = "schedule_config" in raw
    config, zone = _open_inner(inner, raw, verdict)
    if zone is None:
        outer = _first(raw, ZONE_KEYS)
        zone = (column_zone if is_row else clean_zone)(outer, verdict, "timezone")
    return config, zone


def _open_inner(inner: Any, raw: Mapping[str, Any], verdict: Verdict) -> tuple[Mapping[str, Any], str | None]:
    config, zone = _open(inner, verdict)
    kind = raw.get("schedule_type", raw.get("scheduleType"))
    return ({"scheduleType": kind, **config} if kind else config), zone


def _decoded(text: str) -> Any:
    try:
        return exact_json.loads(text)
    except AtlasError:
        return None


def _own_zone(config: Mapping[str, Any], verdict: Verdict) -> str | None:
    return clean_zone(_first(config, ZONE_KEYS), verdict, "timezone")


def _rule(config: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """Exactly one of cron, every, once."""
    kind = str(_first(config, ("scheduleType", "schedule_type", "mode", "type", "frequency")) or "").lower()
    cron = _first(config, CRON_KEYS)
    if kind == "cron" or (cron is not None and kind not in ("once", "interval")):
        return {"cron": _cron(cron, verdict)}
    if kind == "once" or (not kind and _first(config, ONCE_KEYS) is not None):
        return {"once": _once(config)}
    if kind == "interval" or (isinstance(config.get("interval"), Mapping) and not _has_time(config)):
        return {"every": _every(config, verdict)}
    return {"cron": _by_days(kind, config)}


def _has_time(config: Mapping[str, Any]) -> bool:
    return _first(config, TIME_KEYS) is not None


def _cron(value: Any, verdict: Verdict) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unreadable("cronExpression", "no cron expression is given")
    text, note = normalise_cron(value)
    if note:
        verdict.reason(ReasonCode.SCHEDULE_NORMALISED, "cronExpression", note)
    return text


def _once(config: Mapping[str, Any]) -> str:
    moment = _first(config, ONCE_KEYS)
    if moment is None and config.get("date"):
        moment = (
            f"{str(config['date'])[:10]}T{time_text(read_time(_first(config, TIME_KEYS) or '00:00', 'time'))}"
        )
    if not isinstance(moment, str):
        raise Unreadable("runAt", "no date is given")
    text = moment.strip()
    return f"{text}T00:00" if len(text) == 10 else text.replace(" ", "T", 1)


def _every(config: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    interval = config.get("interval")
    if isinstance(interval, Mapping):
        value, unit = interval.get("value", interval.get("amount")), interval.get("unit")
    else:
        value, unit = interval, config.get("unit", config.get("intervalUnit"))
    amount = read_number(value, "interval.value")
    if unit not in UNITS:
        raise Unreadable("interval.unit", f"{str(unit)[:40]!r} is not one of {', '.join(UNITS)}")
    if not isinstance(amount, int) or amount < 1:
        raise Unreadable("interval.value", f"{amount} is no whole number of {unit}")
    return {"amount": amount, "unit": unit, "anchor": _anchor(config, verdict)}


def _anchor(config: Mapping[str, Any], verdict: Verdict) -> str:
    stated = _first(config, ("startDate", "start_date", *ONCE_KEYS))
    if isinstance(stated, str):
        time = _first(config, TIME_KEYS)
        text = stated.strip().replace(" ", "T", 1)
        if len(text) == 10 and time is not None:
            return f"{text}T{time_text(read_time(time, 'time'))}"
        return text
    verdict.reason(ReasonCode.SCHEDULE_ANCHOR_ASSUMED, "interval", f"It counts from {ANCHOR}.")
    return ANCHOR


def _by_days(kind: str, config: Mapping[str, Any]) -> str:
    """UI form (specific_days, everyday, weekdays, weekends), coach form (daily, weekly), recurring, monthly."""
    if not _has_time(config):
        raise Unreadable("runTime", f"{kind or 'a schedule'!r} says no time of day")
    hour, minute = read_time(_first(config, TIME_KEYS), "runTime")
    named = _first(config, DAYS_KEYS)
    if kind == "monthly":
        return f"{minute} {hour} {_month_day(config)} * *"
    if kind in DAY_SETS:
        return f"{minute} {hour} * * {DAY_SETS[kind]}"
    if kind in ("specific_days", "weekly", "recurring", "") and named is not None:
        days = read_weekdays(named if isinstance(named, list | tuple | str) else [named], "daysOfWeek")
        return f"{minute} {hour} * * {','.join(map(str, days))}"
    if kind in ("recurring", "") and named is None:
        return f"{minute} {hour} * * *"
    raise Unreadable(
        "scheduleType" if named else "daysOfWeek", f"{kind[:40]!r} says no days that can be read"
    )


def _month_day(config: Mapping[str, Any]) -> int:
    day = read_number(_first(config, ("dayOfMonth", "day_of_month", "day")), "dayOfMonth")
    if not isinstance(day, int) or not 1 <= day <= 31:
        raise Unreadable("dayOfMonth", f"{day} is no day of a month")
    return day


def _bounds(config: Mapping[str, Any]) -> dict[str, str]:
    """startDate and endDate; `once` has neither."""
    if str(config.get("scheduleType", config.get("mode", ""))).lower() == "once":
        return {}
    found = {
        "start": _first(config, ("startDate", "start_date")),
        "end": _first(config, ("endDate", "end_date")),
    }
    return {
        name: str(value).strip().replace(" ", "T", 1) for name, value in found.items() if value is not None
    }


def _first(config: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((config[key] for key in keys if config.get(key) not in (None, "")), None)
