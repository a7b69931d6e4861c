"""A spec is refused with the field named, or means what it says; its JSON Schema agrees."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.frequency import check_frequency, shortest_distance
from atlas_workflows.schedule.spec import json_schema, parse_spec, spec_to_json
from atlas_workflows.schedule.zones import load_zone
from atlas_workflows.time_zones import TZDATA_VERSION, zone_names

DAILY: dict[str, Any] = {"cron": "0 9 * * *", "timezone": "Europe/London"}
FULL: dict[str, Any] = {
    **DAILY,
    "start": "2026-01-01",
    "end": "2026-12-31T23:00:00Z",
    "gap": "skip",
    "fold": "both",
    "skip_dates": ["2026-05-01"],
    "business_hours": {"mon": ["09:00-12:00", "13:00-17:00"], "sun": ["00:00-24:00"], "outside": "previous"},
    "holidays": "GB-ENG",
    "closures": ["2026-08-01"],
    "jitter_seconds": 60,
    "catch_up": {"mode": "all", "window_seconds": 3600},
    "overlap": "buffer_one",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timezone": "Europe/Londn"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"rrule": "FREQ=DAILY"}, "cron"),
        ({"cron": None}, "cron"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "end"),
        ({"start": "2026-02-01T09:00", "end": "2026-02-01T09:00"}, "end"),
        ({"business_hours": {}}, "business_hours"),
        ({"business_hours": {"mon": []}}, "business_hours"),
        ({"business_hours": {"mon": ["17:00-09:00"]}}, "business_hours.mon.0"),
        ({"business_hours": {"mon": ["09:00-25:00"]}}, "business_hours.mon.0"),
        ({"business_hours": {"funday": ["09:00-17:00"]}}, "business_hours.funday"),
        ({"business_hours": 7}, "business_hours"),
        ({"holidays": "XX"}, "holidays"),
        ({"holidays": "GB-XXX"}, "holidays"),
        ({"gap": "forward"}, "gap"),
        ({"fold": "third"}, "fold"),
        ({"jitter_seconds": -1}, "jitter_seconds"),
        ({"jitter_seconds": 86_400}, "jitter_seconds"),
        ({"skip_dates": ["2026-02-31"]}, "skip_dates.0"),
        ({"skip_dates": ["2026-01-01"] * 1_001}, "skip_dates"),
        ({"overlap": "queue"}, "overlap"),
        ({"catch_up": {"mode": "some"}}, "catch_up.mode"),
        ({"colour": "red"}, "colour"),
        ({"cron": None, "every": {"amount": 0, "unit": "days", "anchor": "2026-01-01"}}, "every.amount"),
        ({"cron": None, "every": {"amount": 10**9, "unit": "days", "anchor": "2026-01-01"}}, "every.amount"),
        ({"cron": None, "every": {"amount": 1, "unit": "seconds", "anchor": "2026-01-01"}}, "every.unit"),
        ({"cron": None, "every": {"amount": 1, "unit": "days", "anchor": "someday"}}, "every.anchor"),
        ({"cron": None, "once": "9999-01-01"}, "once"),
    ],
)
def test_refused_with_the_field_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        parse_spec({**DAILY, **change})
    assert refused.value.attributes["field"] == field
    assert str(refused.value).startswith(f"{field}: ")
    assert refused.value.remedy


@pytest.mark.parametrize("document", [None, 3, "cron", [], [DAILY]])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(ScheduleRefused, match="schedule"):
        parse_spec(document)


def test_json_round_trip_and_schema() -> None:
    for document in (DAILY, FULL, {"rrule": "FREQ=DAILY", "timezone": "UTC"}):
        written = spec_to_json(parse_spec(document))
        assert parse_spec(written) == parse_spec(document)
        jsonschema.validate(written, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**DAILY, "rrule": "FREQ=DAILY"}, json_schema())


def test_business_hours_in_every_spelling() -> None:
    plain = BusinessHours.model_validate({"mon": ["09:00-12:00", "13:00-17:00"]})
    for spelling in (
        {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]},
        {"weekdays": {"Monday": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}]}},
        {"hours": {"mon": ["13:00-17:00", "09:00-12:00"]}},
    ):
        assert BusinessHours.model_validate(spelling).week == plain.week
    one = BusinessHours.model_validate({"start": "09:00", "end": "17:00", "days": ["mon", "Sunday"]})
    assert one.week[0] == one.week[6] == ((540, 1020),)
    assert not any(one.week[1:6])


def test_zones_come_from_the_pinned_tzdata_alone() -> None:
    assert TZDATA_VERSION.startswith("20")
    assert len(zone_names()) > 500
    assert load_zone("Europe/London") is load_zone("Europe/London")


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ({"cron": "*/5 * * * *"}, 5),
        ({"cron": "0,1 12 * * *"}, 1),
        ({"cron": "0 9 * * *"}, 1440),
        ({"rrule": "FREQ=HOURLY;BYMINUTE=0,20"}, 20),
        ({"every": {"amount": 90, "unit": "minutes", "anchor": "2026-01-01"}}, 90),
    ],
)
def test_how_often_it_fires(rule: dict[str, Any], minutes: int) -> None:
    distance = shortest_distance(parse_spec({**rule, "timezone": "UTC"}))
    assert distance is not None
    assert distance.total_seconds() == minutes * 60


def test_a_busy_schedule_is_refused_with_the_bound() -> None:
    from datetime import timedelta

    busy = parse_spec({"cron": "*/5 * * * *", "timezone": "UTC"})
    check_frequency(busy, timedelta(minutes=5))
    with pytest.raises(ScheduleRefused, match="every 5 minutes; at most every 15 minutes is allowed"):
        check_frequency(busy, timedelta(minutes=15))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (DAILY, "At 09:00 every day (Europe/London)."),
        ({**DAILY, "cron": "0 9 13 * fri"}, "At 09:00 on day 13 of the month, or on Friday (Europe/London)."),
        ({**DAILY, "cron": "*/15 8-18 * * 1-5"}, "Every 15 minutes in the hours 08, 09"),
        ({**DAILY, "cron": "0 9 LW 1,12 *"}, "the last working day of the month in January and December"),
        ({**DAILY, "cron": "30 * * * *"}, "At minute 30 of every hour"),
        ({**DAILY, "cron": "0 9 * * 5L"}, "the last Friday of the month"),
        ({**DAILY, "holidays": "GB-ENG", "on_closed": "skip"}, "on public holidays of GB-ENG is dropped"),
        (
            {"every": {"amount": 2, "unit": "weeks", "anchor": "2026-01-05"}, "timezone": "UTC"},
            "Every 2 weeks",
        ),
        ({"once": "2026-01-05T09:00", "timezone": "UTC"}, "Once, at 2026-01-05 09:00 (UTC)."),
    ],
)
def test_described_in_words(document: dict[str, Any], words: str) -> None:
    assert words in describe(parse_spec(document))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*FULL, "rrule", "every", "once", "on_closed", "enabled"])


@settings(max_examples=150, deadline=None)
@given(noise=st.dictionaries(FIELDS, JSON, max_size=4))
def test_anything_is_a_spec_or_refused(noise: dict[str, Any]) -> None:
    try:
        spec = parse_spec({**DAILY, **noise})
    except ScheduleRefused as error:
        refused = error
    else:
        assert describe(spec)
        return
    assert refused.attributes["field"]
