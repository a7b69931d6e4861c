"""Every legacy form of a schedule becomes a spec with an explicit zone, or says why not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.timing.schedules import ANCHOR, ScheduleTranslation, translate_schedule
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

LONDON = "Europe/London"


def translate(raw: Any, zone: str | None = LONDON) -> ScheduleTranslation:
    return translate_schedule(raw, default_timezone=zone, path="trigger_config")


def codes(translation: ScheduleTranslation) -> list[ReasonCode]:
    return [each.code for each in (*translation.reasons, *translation.changes)]


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ({"scheduleType": "once", "runAt": "2026-05-01T09:00:00Z"}, {"once": "2026-05-01T09:00:00Z"}),
        ({"scheduleType": "once", "runAt": "2026-05-01 09:00"}, {"once": "2026-05-01T09:00"}),
        (
            {"scheduleType": "interval", "interval": {"value": 2, "unit": "hours"}, "startDate": "2026-01-05"},
            {"every": {"amount": 2, "unit": "hours", "anchor": "2026-01-05"}, "start": "2026-01-05"},
        ),
        (
            {"scheduleType": "interval", "interval": {"value": "30", "unit": "minutes"}},
            {"every": {"amount": 30, "unit": "minutes", "anchor": ANCHOR}},
        ),
        (
            {"scheduleType": "recurring", "interval": {"value": 1, "unit": "months"}, "startDate": "2026-01-31T08:00"},
            {"every": {"amount": 1, "unit": "months", "anchor": "2026-01-31T08:00"}, "start": "2026-01-31T08:00"},
        ),
        ({"scheduleType": "recurring", "runTime": "09:00", "daysOfWeek": ["mon"]}, {"cron": "0 9 * * 1"}),
        ({"scheduleType": "cron", "cronExpression": "0 9 L * *"}, {"cron": "0 9 L * *"}),
        (
            {"scheduleType": "cron", "cronExpression": "0 9 * * 5L", "startDate": "2026-01-01", "endDate": "2026-12-31"},
            {"cron": "0 9 * * 5L", "start": "2026-01-01", "end": "2026-12-31"},
        ),
        ({"scheduleType": "specific_days", "daysOfWeek": ["Monday", "wed"], "runTime": "9:05"}, {"cron": "5 9 * * 1,3"}),
        ({"scheduleType": "everyday", "runTime": "18:00"}, {"cron": "0 18 * * *"}),
        ({"scheduleType": "weekdays", "runTime": "18:00"}, {"cron": "0 18 * * 1-5"}),
        ({"scheduleType": "weekends", "runTime": "6 pm"}, {"cron": "0 18 * * 0,6"}),
        ({"mode": "once", "date": "2026-05-01", "time": "07:30", "active": True}, {"once": "2026-05-01T07:30"}),
        ({"mode": "daily", "time": "07:30"}, {"cron": "30 7 * * *"}),
        (
            {"mode": "weekly", "time": "07:30", "daysOfWeek": [0, 3], "catchUp": True},
            {"cron": "30 7 * * 0,3", "catch_up": {"mode": "latest"}},
        ),
        ({"mode": "daily", "time": "07:30", "active": False}, {"cron": "30 7 * * *", "enabled": False}),
        ({"cron": "0 9 * * 1-5"}, {"cron": "0 9 * * 1-5"}),
        ("0 9 * * 1-5", {"cron": "0 9 * * 1-5"}),
        ('{"cron": "0 9 * * 1-5"}', {"cron": "0 9 * * 1-5"}),
        (
            {"schedule_type": "once", "schedule_config": '{"runAt":"2026-05-01T09:00:00Z"}', "timezone": None},
            {"once": "2026-05-01T09:00:00Z"},
        ),
        (
            {"schedule_type": "recurring", "schedule_config": '{"interval":{"value":1,"unit":"weeks"}}'},
            {"every": {"amount": 1, "unit": "weeks", "anchor": ANCHOR}},
        ),
    ],
)  # fmt: skip
def test_form(raw: Any, rule: dict[str, Any]) -> None:
    translation = translate(raw)
    assert translation.spec == {**rule, "timezone": LONDON}
    assert Schedule(parse_spec(translation.spec)).next(datetime(2026, 1, 1, tzinfo=UTC), 1)
    assert ReasonCode.SCHEDULE_UNREADABLE not in codes(translation)


def test_every_schedule_never_fired_and_the_change_says_what_it_would_do_now() -> None:
    (change,) = translate({"cron": "0 9 * * 1-5", "timezone": LONDON}).changes
    assert change.code is ReasonCode.NEVER_FIRED_IN_LEGACY
    assert (change.before, change.after) == ("never", "At 09:00 on Monday to Friday (Europe/London).")
    assert change.field == "trigger_config"


@pytest.mark.parametrize(
    ("raw", "default", "zone", "code"),
    [
        ({"cron": "0 9 * * *", "timezone": "Asia/Tokyo"}, LONDON, "Asia/Tokyo", None),
        ({"mode": "daily", "time": "09:00", "tz": "Asia/Tokyo"}, LONDON, "Asia/Tokyo", None),
        ({"cron": "0 9 * * *", "timezone": "Europe&#x2F;Paris"}, LONDON, "Europe/Paris", ReasonCode.TIMEZONE_UNESCAPED),
        ({"cron": "0 9 * * *", "timezone": "Europe&amp;#x2F;Paris"}, LONDON, "Europe/Paris", ReasonCode.TIMEZONE_UNESCAPED),
        ({"cron": "0 9 * * *", "timezone": "GMT+25"}, LONDON, LONDON, ReasonCode.TIMEZONE_UNKNOWN),
        ({"cron": "0 9 * * *"}, LONDON, LONDON, ReasonCode.TIMEZONE_ASSUMED),
        ({"cron": "0 9 * * *"}, None, "UTC", ReasonCode.TIMEZONE_ASSUMED),
        ({"cron": "0 9 * * *"}, "Nowhere", "UTC", ReasonCode.TIMEZONE_ASSUMED),
        ({"cron": "0 9 * * *", "timezone": "America/New_York"}, LONDON, "America/New_York", None),
    ],
)  # fmt: skip
def test_zone_precedence(raw: Any, default: str | None, zone: str, code: ReasonCode | None) -> None:
    translation = translate(raw, default)
    assert translation.spec is not None
    assert translation.spec["timezone"] == zone
    assert [reason.code for reason in translation.reasons][:1] == ([code] if code else [])


def row(config: dict[str, Any], timezone: str) -> dict[str, str]:
    return {"schedule_type": "cron", "schedule_config": json.dumps(config), "timezone": timezone}


def test_a_column_default_is_no_evidence_of_a_zone() -> None:
    default = translate(row({"cronExpression": "0 9 * * *"}, "America/New_York"))
    assert default.spec is not None
    assert default.spec["timezone"] == LONDON
    assert ReasonCode.TIMEZONE_DEFAULT_IGNORED in codes(default)
    chosen = translate(row({"cronExpression": "0 9 * * *"}, "Europe/Paris"))
    assert chosen.spec is not None
    assert chosen.spec["timezone"] == "Europe/Paris"
    inside = translate(
        row({"cronExpression": "0 9 * * *", "timezone": "America/New_York"}, "America/New_York")
    )
    assert inside.spec is not None
    assert inside.spec["timezone"] == "America/New_York", "chosen inside the configuration, so meant"


@pytest.mark.parametrize(
    ("cron", "read"),
    [
        ("0 0 9 * * 1", "0 9 * * 1"),
        ("00 30 9 * * *", "30 9 * * *"),
        ("0 0 12 ? * MON-FRI", "0 12 ? * MON-FRI"),
        ("0 0 12 ? * FRI#3 *", "0 12 ? * FRI#3"),
        (" 0  9 * * 1 ", "0 9 * * 1"),
        ("0 9 * * mon-fri", "0 9 * * mon-fri"),
    ],
)
def test_cron_dialects_are_normalised_and_said(cron: str, read: str) -> None:
    translation = translate({"cron": cron})
    assert translation.spec is not None
    assert translation.spec["cron"] == read
    assert (ReasonCode.SCHEDULE_NORMALISED in codes(translation)) is (len(cron.split()) > 5)


@pytest.mark.parametrize(
    "raw",
    [
        None, {}, [], 5, "", "whenever", {"cron": ""}, {"cron": 5}, {"cron": "0 0 31 2 *"}, {"cron": "* * * *"},
        {"cron": "*/10 * * * * *"}, {"cron": "0 0 12 ? * 2-6"}, {"cron": "0 0 12 * * ? 2027"}, {"cron": "0 9 * * L"},
        {"scheduleType": "interval"}, {"scheduleType": "interval", "interval": {"value": 0, "unit": "hours"}},
        {"scheduleType": "interval", "interval": {"value": 1.5, "unit": "hours"}},
        {"scheduleType": "interval", "interval": {"value": 30, "unit": "seconds"}},
        {"scheduleType": "interval", "interval": {"value": 10**9, "unit": "months"}},
        {"scheduleType": "once"}, {"scheduleType": "once", "runAt": "tomorrow"}, {"scheduleType": "specific_days", "runTime": "09:00"},
        {"scheduleType": "specific_days", "daysOfWeek": ["funday"], "runTime": "09:00"},
        {"scheduleType": "everyday"}, {"scheduleType": "everyday", "runTime": "25:00"}, {"mode": "hourly", "time": "09:00"},
        {"scheduleType": "cron", "cronExpression": "0 9 * * *", "startDate": "2026-02-01", "endDate": "2026-01-01"},
        {"schedule_type": "cron", "schedule_config": "{broken"}, {"schedule_type": "cron", "schedule_config": "[]"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_so_and_is_not_guessed(raw: Any) -> None:
    translation = translate(raw)
    assert translation.spec is None
    assert translation.changes == ()
    assert ReasonCode.SCHEDULE_UNREADABLE in codes(translation)


KEYS = [
    "scheduleType",
    "schedule_type",
    "schedule_config",
    "cronExpression",
    "cron",
    "interval",
    "runAt",
    "timezone",
    "startDate",
    "endDate",
    "daysOfWeek",
    "runTime",
    "mode",
    "date",
    "time",
    "tz",
    "catchUp",
    "active",
    "value",
    "unit",
    "schedule",
]
NOISE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["once", "interval", "cron", "weekly", "weekdays", "09:00", "2026-01-01", "0 9 * * *", "mon", LONDON]
    )
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(raw=NOISE)
def test_anything_becomes_a_spec_or_a_reason(raw: Any) -> None:
    translation = translate(raw)
    if translation.spec is None:
        assert ReasonCode.SCHEDULE_UNREADABLE in codes(translation)
    else:
        assert parse_spec(translation.spec)
