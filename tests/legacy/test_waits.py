"""Every legacy form of a wait becomes a wait or says why not; what customers would notice is recorded."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.timing.waits import WaitTranslation, translate_wait
from atlas_workflows.schedule.waits import parse_wait

LONDON = "Europe/London"
SECRET_HINTS = {"field": "lead.score", "operator": "greater_than", "value": 80}


def translate(raw: Any, zone: str | None = LONDON) -> WaitTranslation:
    return translate_wait(raw, default_timezone=zone, path="nodes[1].data.config")


def codes(translation: WaitTranslation) -> list[ReasonCode]:
    return [each.code for each in (*translation.reasons, *translation.changes)]


def duration(amount: Any, unit: str, **more: Any) -> dict[str, Any]:
    return {"kind": "duration", "amount": amount, "unit": unit, **more}


@pytest.mark.parametrize(
    ("raw", "wait"),
    [
        ({"duration": 5, "unit": "minutes"}, duration(5, "minutes")),
        ({"duration": {"value": 3, "unit": "days"}}, duration(3, "days")),
        ({"duration": {"value": "3", "unit": "days"}}, duration(3, "days")),
        ({"durationValue": 2, "durationUnit": "weeks"}, duration(2, "weeks")),
        ({"duration": "2", "unit": "hours"}, duration(2, "hours")),
        ({"duration": "1.5", "unit": "hours"}, duration(Decimal("1.5"), "hours")),
        ({"duration": Decimal("2.0"), "unit": "hours"}, duration(2, "hours")),
        ({"delay_minutes": 30}, duration(30, "minutes")),
        ({"delay": {"type": "fixed", "value": 10, "unit": "minutes"}}, duration(10, "minutes")),
        ({"delay": {"value": 10, "unit": "seconds"}}, duration(10, "seconds")),
        ({"delay": {"type": "dynamic", "baseValue": 4, "unit": "hours"}}, duration(4, "hours")),
        ({"waitType": "duration", "duration": 1, "unit": "days"}, duration(1, "days")),
        ({"type": "duration", "duration": 1, "unit": "days"}, duration(1, "days")),
        ("45 minutes", duration(45, "minutes")),
        (
            {"duration": 1, "unit": "days", "businessHours": {"enabled": True, "start": "8:00", "end": "20:00", "days": ["mon", 6]}},
            duration(1, "days", business_hours_only={"mon": ["08:00-20:00"], "sat": ["08:00-20:00"]}),
        ),
        ({"duration": 1, "unit": "days", "businessHours": {"enabled": False, "start": "x"}}, duration(1, "days")),
        ({"waitType": "until_datetime", "datetime": "2026-07-01T09:00"}, {"kind": "until", "at": "2026-07-01T09:00", "timezone": LONDON}),
        ({"waitType": "until_datetime", "datetime": "2026-07-01 09:00"}, {"kind": "until", "at": "2026-07-01T09:00", "timezone": LONDON}),
        (
            {"waitType": "until_datetime", "datetime": "{{appointment.starts_at}}", "timezone": "UTC"},
            {"kind": "until", "at": "{{appointment.starts_at}}", "time": "00:00", "timezone": "UTC"},
        ),
        (
            {"waitType": "until_datetime", "datetime": "2026-07-01"},
            {"kind": "until", "at": "2026-07-01", "time": "00:00", "timezone": LONDON},
        ),
        (
            {"waitType": "until_datetime", "datetime": "{{lead.dateOfBirth}}"},
            {"kind": "anniversary", "of": "{{lead.dateOfBirth}}", "timezone": LONDON},
        ),
        (
            {"type": "specific_time", "specificTime": {"time": "9:30 pm", "timezone": "Europe&#x2F;Paris"}},
            {"kind": "time_of_day", "time": "21:30", "timezone": "Europe/Paris"},
        ),
        (
            {"type": "specific_time", "specificTime": {"time": "09:30"}, "businessHours": {"enabled": True, "days": ["monday", "Tue"]}},
            {"kind": "time_of_day", "time": "09:30", "timezone": LONDON, "days": ["mon", "tue"]},
        ),
        (
            {"delay": {"type": "schedule", "scheduledTime": "09:30", "timezone": "UTC"}},
            {"kind": "time_of_day", "time": "09:30", "timezone": "UTC"},
        ),
        (
            {"delay": {"type": "schedule", "scheduledTime": "2026-07-01T09:30:00Z"}},
            {"kind": "until", "at": "2026-07-01T09:30:00Z", "timezone": LONDON},
        ),
    ],
)  # fmt: skip
def test_form(raw: Any, wait: dict[str, Any]) -> None:
    translation = translate(raw)
    assert translation.wait == wait
    assert parse_wait(translation.wait)
    assert ReasonCode.WAIT_UNREADABLE not in codes(translation)


def test_business_hours_only_means_the_engines_office_hours() -> None:
    translation = translate({"duration": 1, "unit": "minutes", "businessHoursOnly": True})
    assert translation.wait is not None
    assert list(translation.wait["business_hours_only"]) == ["mon", "tue", "wed", "thu", "fri"]
    assert translation.wait["business_hours_only"]["mon"] == ["09:00-17:00"]
    change = translation.changes[0]
    assert (change.code, change.before, change.after) == (
        ReasonCode.BUSINESS_HOURS_LOCAL,
        "the server's clock",
        LONDON,
    )


def test_a_dynamic_delay_keeps_its_business_hours() -> None:
    delay = {
        "type": "dynamic", "baseValue": 1, "unit": "minutes", "businessHours": {"enabled": True, "start": "8:00", "end": "20:00", "days": ["mon"]},
        "conditions": [{"condition": SECRET_HINTS, "delayModifier": {"operation": "set", "value": 2, "unit": "minutes"}}],
    }  # fmt: skip
    translation = translate({"delay": delay})
    assert translation.wait is not None
    assert translation.wait["business_hours_only"] == {"mon": ["08:00-20:00"]}
    assert {change.code for change in translation.changes} == {
        ReasonCode.BUSINESS_HOURS_LOCAL,
        ReasonCode.WAIT_CAP_REMOVED,
    }


def test_dynamic_delay_with_conditions() -> None:
    raw = {
        "baseDelay": {"value": 1, "unit": "days"},
        "conditions": [
            {
                "condition": SECRET_HINTS,
                "delayModifier": {"operation": "multiply", "value": 0.5, "unit": "hours"},
            },
            {"condition": SECRET_HINTS, "delayModifier": {"operation": "add", "value": 2, "unit": "hours"}},
            None,
        ],
    }
    wait = translate(raw).wait
    assert wait is not None
    assert wait["base"] == {"amount": 1, "unit": "days"}
    half, more = wait["modifiers"]
    assert (half["operation"], half["amount"]) == ("multiply", Decimal("0.5"))
    assert (more["operation"], more["amount"], more["unit"]) == ("add", 2, "hours")
    assert half["condition"]["operator"] == "greater_than"


def test_until_condition_takes_the_translated_condition() -> None:
    translation = translate(
        {"waitType": "until_condition", "condition": SECRET_HINTS, "timeout": 2, "timeoutUnit": "days"}
    )
    assert translation.wait is not None
    assert translation.wait["condition"]["value"] == 80
    assert translation.wait["timeout"] == {"amount": 2, "unit": "days"}


@pytest.mark.parametrize(
    ("unit", "told"), [(None, "No unit"), ("fortnights", "fortnights"), ("Hours", "Hours"), (7, "7")]
)
def test_an_unknown_unit_meant_seconds_and_is_recorded(unit: Any, told: str) -> None:
    translation = translate({"duration": 10, "unit": unit})
    assert translation.wait == duration(10, "seconds")
    (reason,) = translation.reasons
    assert reason.code is ReasonCode.WAIT_UNIT_ASSUMED
    assert told in reason.message
    assert reason.field == "nodes[1].data.config.duration"


@pytest.mark.parametrize(
    ("raw", "capped"),
    [
        ({"duration": 5, "unit": "minutes"}, False),
        ({"duration": 300, "unit": "seconds"}, False),
        ({"duration": 301, "unit": "seconds"}, True),
        ({"duration": 1, "unit": "hours"}, True),
        ({"waitType": "until_datetime", "datetime": "2026-07-01T09:00"}, True),
        ({"type": "specific_time", "specificTime": {"time": "09:30"}}, True),
        ({"duration": 1, "unit": "minutes", "businessHoursOnly": True}, True),
        (
            {
                "waitType": "until_condition",
                "condition": SECRET_HINTS,
                "timeout": 1,
                "timeoutUnit": "minutes",
            },
            False,
        ),
        ({"waitType": "until_condition", "condition": SECRET_HINTS}, True),
    ],
)
def test_the_five_minute_cap_of_the_engines_is_a_recorded_change(raw: Any, capped: bool) -> None:
    translation = translate(raw)
    changes = [change for change in translation.changes if change.code is ReasonCode.WAIT_CAP_REMOVED]
    assert bool(changes) is capped
    if capped:
        assert changes[0].before == duration(5, "minutes")
        assert changes[0].after == translation.wait


def test_a_negative_wait_passed_at_once_and_still_does() -> None:
    translation = translate({"duration": -5, "unit": "hours"})
    assert translation.wait == duration(0, "hours")
    assert codes(translation) == [ReasonCode.WAIT_NOT_POSITIVE]


@pytest.mark.parametrize(
    "raw",
    [
        None, {}, [], True, "soon", {"duration": None}, {"duration": ""}, {"duration": "soon", "unit": "hours"},
        {"duration": True, "unit": "hours"}, {"duration": [1], "unit": "hours"}, {"duration": 10**20, "unit": "days"},
        {"duration": 10**6, "unit": "weeks"}, {"duration": float("nan"), "unit": "hours"}, {"delay": {}},
        {"waitType": "until_datetime"}, {"waitType": "until_datetime", "datetime": "next week"},
        {"waitType": "until_condition"}, {"type": "specific_time"}, {"type": "specific_time", "specificTime": {"time": "25:00"}},
        {"baseDelay": 5, "conditions": [{"condition": SECRET_HINTS, "delayModifier": {"operation": "divide", "value": 2}}]},
        {"duration": 1, "unit": "days", "businessHours": {"enabled": True, "start": "17:00", "end": "09:00"}},
        {"duration": 1, "unit": "days", "businessHours": {"enabled": True, "days": ["funday"]}},
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_so_and_is_not_guessed(raw: Any) -> None:
    translation = translate(raw)
    assert translation.wait is None
    assert ReasonCode.WAIT_UNREADABLE in codes(translation)
    assert all(
        reason.field is not None and reason.field.startswith("nodes[1]") for reason in translation.reasons
    )


def test_without_any_zone_utc_is_used_and_said() -> None:
    translation = translate({"type": "specific_time", "specificTime": {"time": "09:30"}}, zone=None)
    assert translation.wait is not None
    assert translation.wait["timezone"] == "UTC"
    assert ReasonCode.TIMEZONE_ASSUMED in codes(translation)


KEYS = [
    "duration",
    "unit",
    "durationValue",
    "durationUnit",
    "baseDelay",
    "conditions",
    "delay",
    "delay_minutes",
    "waitType",
    "type",
    "datetime",
    "condition",
    "specificTime",
    "businessHours",
    "businessHoursOnly",
    "value",
    "time",
    "timezone",
    "enabled",
    "start",
    "end",
    "days",
    "scheduledTime",
]
NOISE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["hours", "duration", "until_datetime", "specific_time", "schedule", "dynamic", "09:00", "mon", "2"]
    )
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(raw=NOISE)
def test_anything_becomes_a_wait_or_a_reason(raw: Any) -> None:
    translation = translate(raw)
    if translation.wait is None:
        assert ReasonCode.WAIT_UNREADABLE in codes(translation)
    else:
        assert parse_wait(translation.wait)
