"""Legacy waits and delays, every form of them, into the canonical wait; what cannot be read says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.legacy.conditions.forms import translate_condition
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.timing.clock_fields import WEEKDAYS as WEEKDAY_NAMES
from atlas_workflows.legacy.timing.clock_fields import (
    Number,
    read_hours,
    read_number,
    read_time,
    read_weekdays,
    time_text,
)
from atlas_workflows.legacy.timing.verdicts import Unreadable, Verdict
from atlas_workflows.legacy.timing.zones import clean_zone, settle_zone
from atlas_workflows.schedule.birthdays import birthday_in
from atlas_workflows.schedule.waits import SECONDS, parse_wait

UNITS = ("seconds", "minutes", "hours", "days", "weeks")
CAP_SECONDS = 300
CAP = {"kind": "duration", "amount": 5, "unit": "minutes"}
# As the engines computed it: 09:00 to 17:00, Monday to Friday, on the server's clock.
ENGINE_HOURS = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
_WORDED = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)
_TEMPLATE = re.compile(r"\{\{.+\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WaitTranslation:
    """The canonical wait, or None with a WAIT_UNREADABLE reason."""

    wait: dict[str, Any] | None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[SemanticChange, ...] = ()


def translate_wait(
    raw: Any, *, default_timezone: str | None, path: str, variables: frozenset[str] = frozenset()
) -> WaitTranslation:
    """Translate one wait configuration; never raises.

    `default_timezone`: the workflow's or organization's zone, for times of day that name none. `variables`: the
    workflow's own, which its conditions may name.
    """
    verdict = Verdict(path)
    try:
        wait = _Reader(verdict, default_timezone, variables).read(raw)
        parse_wait(wait)
    except Unreadable as found:
        verdict.reason(ReasonCode.WAIT_UNREADABLE, found.field, f"{found.why}.")
        return WaitTranslation(None, tuple(verdict.reasons), tuple(verdict.changes))
    except ScheduleRefused as found:
        verdict.reason(ReasonCode.WAIT_UNREADABLE, "", found.fact)
        return WaitTranslation(None, tuple(verdict.reasons), tuple(verdict.changes))
    _note_cap(wait, verdict)
    return WaitTranslation(wait, tuple(verdict.reasons), tuple(verdict.changes))


class _Reader:
    """Tries the forms in order; the first whose keys are there decides."""

    def __init__(self, verdict: Verdict, default_timezone: str | None, variables: frozenset[str]) -> None:
        self.variables = variables
        self.verdict = verdict
        self.default_timezone = default_timezone

    def read(self, raw: Any) -> dict[str, Any]:
        """The wait of any form; raises Unreadable."""
        if not isinstance(raw, Mapping):
            return self._duration(raw, None, "")
        inner = raw.get("delay")
        if isinstance(inner, Mapping):
            return self._delay(inner)
        if raw.get("baseDelay") is not None:
            return self._dynamic(raw["baseDelay"], raw.get("conditions"), "baseDelay", "conditions")
        return self._by_type(raw)

    def _by_type(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(raw.get("waitType") or raw.get("type") or "duration").strip().lower()
        if kind in ("until_datetime", "until_date", "datetime"):
            return self._until(raw.get("datetime", raw.get("dateTime")), raw, "datetime")
        if kind == "until_condition":
            return self._until_condition(raw)
        if kind == "specific_time":
            return self._time_of_day(raw.get("specificTime"), raw, "specificTime")
        return self._restrained(self._plain(raw), raw, "")

    def _plain(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """{duration, unit}, {duration: {value, unit}}, {durationValue, durationUnit}, {delay_minutes} …"""
        for key in ("duration", "delay", "wait", "value", "amount"):
            if raw.get(key) is not None and raw.get(key) != "":
                return self._duration(raw[key], raw.get("unit", raw.get("durationUnit")), key)
        if raw.get("durationValue") is not None:
            return self._duration(
                raw["durationValue"], raw.get("durationUnit", raw.get("unit")), "durationValue"
            )
        for unit in UNITS:
            for key in (f"delay_{unit}", f"delay{unit.title()}", f"wait_{unit}", unit):
                if raw.get(key) is not None:
                    return self._duration(raw[key], unit, key)
        raise Unreadable("", "no length, time or condition is given")

    def _duration(self, value: Any, unit: Any, field: str) -> dict[str, Any]:
        return {"kind": "duration", **self._length(value, unit, field)}

    def _length(self, value: Any, unit: Any, field: str) -> dict[str, Any]:
        if isinstance(value, Mapping):
            unit = value.get("unit", unit)
            value = value.get("value", value.get("amount"))
        if isinstance(value, str) and (worded := _WORDED.fullmatch(value)) and worded[2]:
            value, unit = worded[1], worded[2]
        amount = read_number(value, field)
        if amount < 0:
            self.verdict.reason(ReasonCode.WAIT_NOT_POSITIVE, field, f"{amount} passed at once.")
            amount = 0
        return {"amount": amount, "unit": self._unit(unit, field)}

    def _unit(self, unit: Any, field: str) -> str:
        if isinstance(unit, str) and unit in UNITS:
            return unit
        told = "No unit is given" if unit is None else f"The unit {str(unit)[:40]!r} is unknown"
        self.verdict.reason(ReasonCode.WAIT_UNIT_ASSUMED, field, f"{told}, which meant seconds.")
        return "seconds"

    def _delay(self, delay: Mapping[str, Any]) -> dict[str, Any]:
        """{type: fixed | dynamic | schedule, value | baseValue, unit, scheduledTime, timezone, businessHours}."""
        kind = str(delay.get("type", "fixed"))
        if kind == "schedule":
            return self._scheduled(delay)
        if kind == "dynamic":
            base = {"value": delay.get("baseValue", delay.get("value")), "unit": delay.get("unit")}
            wait = self._dynamic(base, delay.get("conditions"), "delay.baseValue", "delay.conditions")
            plain = wait if wait["modifiers"] else {"kind": "duration", **wait["base"]}
            return self._restrained(plain, delay, "delay.")
        value = delay.get("value", delay.get("baseValue", delay.get("duration")))
        return self._restrained(self._duration(value, delay.get("unit"), "delay.value"), delay, "delay.")

    def _scheduled(self, delay: Mapping[str, Any]) -> dict[str, Any]:
        when = delay.get("scheduledTime")
        try:
            read_time(when, "delay.scheduledTime")
        except Unreadable:
            return self._until(when, delay, "delay.scheduledTime")
        return self._time_of_day(
            {"time": when, "timezone": delay.get("timezone")}, delay, "delay.scheduledTime"
        )

    def _until(self, at: Any, raw: Mapping[str, Any], field: str) -> dict[str, Any]:
        if not isinstance(at, str) or not at.strip():
            raise Unreadable(field, "no date is given")
        wait: dict[str, Any] = {"kind": "until", "at": at.strip()}
        if birthday_in(at) is not None:
            wait = {"kind": "anniversary", "of": at.strip()}
        elif _TEMPLATE.search(at) is None:
            wait["at"] = self._fixed_moment(at.strip(), field)
        if "at" in wait and (len(wait["at"]) == 10 or "{{" in at):
            wait["time"] = "00:00"  # what a date without a time of day meant to the engines
        own = clean_zone(raw.get("timezone"), self.verdict, "timezone")
        wait["timezone"] = settle_zone(own, self.default_timezone, self.verdict, field)
        return wait

    def _fixed_moment(self, at: str, field: str) -> str:
        from atlas_workflows.schedule.moments import read_moment

        text = at if len(at) == 10 else at.replace(" ", "T", 1)
        try:
            read_moment(text)
        except ScheduleRefused as cause:
            raise Unreadable(field, cause.fact.removesuffix(".")) from cause
        return text

    def _time_of_day(self, specific: Any, raw: Mapping[str, Any], field: str) -> dict[str, Any]:
        parts = (
            specific if isinstance(specific, Mapping) else {"time": specific, "timezone": raw.get("timezone")}
        )
        time = read_time(parts.get("time"), f"{field}.time")
        own = clean_zone(parts.get("timezone"), self.verdict, f"{field}.timezone")
        zone = settle_zone(own, self.default_timezone, self.verdict, f"{field}.timezone")
        wait = {"kind": "time_of_day", "time": time_text(time), "timezone": zone}
        hours = raw.get("businessHours")
        if isinstance(hours, Mapping) and hours.get("enabled", True) and hours.get("days"):
            days = read_weekdays(hours["days"], "businessHours.days")
            wait["days"] = [WEEKDAY_NAMES[day] for day in days]  # type: ignore[assignment]
        return wait

    def _until_condition(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        wait = {"kind": "until_condition", "condition": self._condition(raw.get("condition"), "condition")}
        timeout = raw.get("timeout", raw.get("maxWait"))
        if timeout is not None:
            wait["timeout"] = self._length(timeout, raw.get("timeoutUnit", raw.get("unit")), "timeout")
        return wait

    def _condition(self, raw: Any, field: str) -> dict[str, Any]:
        translated = translate_condition(
            raw, engine=None, path=self.verdict.at(field), variables=self.variables
        )
        self.verdict.reasons.extend(translated.reasons)
        self.verdict.changes.extend(translated.changes)
        if translated.condition is None:
            raise Unreadable(field, "the condition cannot be read")
        return dict(translated.condition)

    def _dynamic(self, base: Any, conditions: Any, base_field: str, field: str) -> dict[str, Any]:
        """{baseDelay: {value, unit}, conditions: [{condition, delayModifier: {operation, value, unit}}]}."""
        entries = conditions if isinstance(conditions, list | tuple) else []
        modifiers = [
            self._modifier(entry, f"{field}[{index}]")
            for index, entry in enumerate(entries)
            if isinstance(entry, Mapping)
        ]
        return {"kind": "dynamic", "base": self._length(base, None, base_field), "modifiers": modifiers}

    def _modifier(self, entry: Mapping[str, Any], field: str) -> dict[str, Any]:
        modifier = entry.get("delayModifier", entry.get("modifier"))
        if not isinstance(modifier, Mapping):
            raise Unreadable(f"{field}.delayModifier", "no modifier is given")
        operation = str(modifier.get("operation", ""))
        if operation not in ("add", "multiply", "set"):
            raise Unreadable(
                f"{field}.delayModifier.operation", f"{operation[:40]!r} is not add, multiply or set"
            )
        amount = read_number(modifier.get("value", modifier.get("amount")), f"{field}.delayModifier.value")
        read = {
            "condition": self._condition(entry.get("condition"), f"{field}.condition"),
            "operation": operation,
        }
        if operation == "multiply":
            return {**read, "amount": amount}
        return {
            **read,
            "amount": amount,
            "unit": self._unit(modifier.get("unit"), f"{field}.delayModifier.unit"),
        }

    def _restrained(self, wait: dict[str, Any], raw: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        """Add business hours, where the form asks for them."""
        hours = raw.get("businessHours")
        if isinstance(hours, Mapping) and hours.get("enabled", True):
            wait["business_hours_only"] = read_hours(hours, f"{prefix}businessHours")
        elif hours is True or raw.get("businessHoursOnly") is True or raw.get("business_hours_only") is True:
            wait["business_hours_only"] = dict(ENGINE_HOURS)
        if wait.get("business_hours_only"):
            self.verdict.change(
                ReasonCode.BUSINESS_HOURS_LOCAL,
                "the server's clock",
                self.default_timezone or "the organization's zone",
                "Business hours now hold in the organization's time zone.",
            )
        return wait


def _note_cap(wait: dict[str, Any], verdict: Verdict) -> None:
    """Three engines cut every wait at five minutes; say so wherever that could have happened."""
    seconds = _known_seconds(wait)
    if seconds is None or seconds > CAP_SECONDS:
        verdict.change(
            ReasonCode.WAIT_CAP_REMOVED,
            dict(CAP),
            wait,
            "Legacy went on after at most five minutes; the wait now lasts as configured.",
        )


def _known_seconds(wait: Mapping[str, Any]) -> Number | None:
    """Longest length a duration or timeout states; None where only the future knows."""
    if wait["kind"] == "duration" and not wait.get("business_hours_only"):
        return _seconds(wait)
    if (
        wait["kind"] == "dynamic"
        and not wait.get("business_hours_only")
        and not any(m["operation"] != "set" for m in wait["modifiers"])
    ):
        return max([_seconds(wait["base"]), *(_seconds(modifier) for modifier in wait["modifiers"])])
    if wait["kind"] == "until_condition" and "timeout" in wait:
        return _seconds(wait["timeout"])
    return None


def _seconds(length: Mapping[str, Any]) -> Number:
    return Decimal(length["amount"]) * SECONDS[length["unit"]]
