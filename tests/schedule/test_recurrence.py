"""Recurrence rules: dateutil's answers, from far away and without hanging."""

# ruff: noqa: DTZ001 - wall-clock times

import time
from datetime import UTC, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.recurrence import parse_rule, wall_times
from atlas_workflows.schedule.spec import parse_spec

MIDNIGHT = datetime(2026, 1, 1)


def first(text: str, count: int = 3, dtstart: datetime = MIDNIGHT, since: datetime = MIDNIGHT) -> list[str]:
    return [
        wall.isoformat(timespec="minutes")
        for wall in islice(wall_times(parse_rule(text), dtstart, since), count)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-27T00:00"]),
        (
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            ["2026-01-12T00:00", "2026-01-26T00:00", "2026-02-09T00:00"],
        ),
        ("FREQ=YEARLY;BYDAY=20MO", ["2026-05-18T00:00", "2027-05-17T00:00", "2028-05-15T00:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00"],
        ),
        ("FREQ=DAILY;COUNT=2;BYHOUR=9", ["2026-01-01T09:00", "2026-01-02T09:00"]),
        ("freq=daily;interval=10", ["2026-01-01T00:00", "2026-01-11T00:00", "2026-01-21T00:00"]),
    ],
)
def test_rules(text: str, expected: list[str]) -> None:
    assert first(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "DAILY", "FREQ=SECONDLY", "FREQ=HOURLY;BYSECOND=5", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999",
        "FREQ=DAILY;COUNT=100000", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;X=1",
        "FREQ=DAILY;UNTIL=tomorrow", "FREQ=MONTHLY;BYDAY=20MO", "FREQ=DAILY;BYHOUR=25", "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY\nDTSTART=20260101", "FREQ=DAILY;" + "BYHOUR=1," * 400,
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(ScheduleRefused, match=r"^rrule: "):
        parse_rule(text)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=3",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
        "FREQ=MINUTELY;BYSETPOS=2",
    ],
)
def test_a_rule_that_never_matches_ends_soon(text: str) -> None:
    began = time.process_time()
    assert first(text) == []
    assert time.process_time() - began < 3


def test_a_start_long_ago_costs_nothing() -> None:
    began = time.process_time()
    found = first("FREQ=MINUTELY;INTERVAL=7", 1, datetime(1970, 1, 1), datetime(2026, 1, 1))
    assert found == ["2026-01-01T00:00"]
    assert (datetime(2026, 1, 1) - datetime(1970, 1, 1)).total_seconds() % (7 * 60) == 0
    assert time.process_time() - began < 0.5


def test_a_rule_that_only_some_starts_can_meet_is_judged_by_its_own_start() -> None:
    spec = {"rrule": "FREQ=HOURLY;INTERVAL=3;BYHOUR=8,17", "timezone": "UTC"}
    schedule = Schedule(parse_spec({**spec, "start": "2026-01-01T02:00"}))
    assert [each.at.hour for each in schedule.next(datetime(2026, 1, 1, tzinfo=UTC), 2)] == [8, 17]
    with pytest.raises(ScheduleRefused, match="empty set"):
        Schedule(parse_spec({**spec, "start": "2026-01-01T00:00"})).next(datetime(2026, 1, 1, tzinfo=UTC))


def test_until_is_included_and_may_be_utc() -> None:
    spec = {
        "rrule": "FREQ=DAILY;BYHOUR=9;UNTIL=20260702T080000Z",
        "timezone": "Europe/London",
        "start": "2026-07-01",
    }
    found = Schedule(parse_spec(spec)).next(datetime(2026, 6, 1, tzinfo=UTC), 9)
    assert [each.local.day for each in found] == [1, 2]


def test_hourly_rules_run_on_through_the_repeated_hour_named_hours_do_not() -> None:
    asked = datetime(2026, 11, 1, 4, tzinfo=UTC)
    hourly = {"rrule": "FREQ=HOURLY", "timezone": "America/New_York", "start": "2026-01-01"}
    named = {"rrule": "FREQ=HOURLY;BYHOUR=0,1,2", "timezone": "America/New_York", "start": "2026-01-01"}
    assert [each.at.hour for each in Schedule(parse_spec(hourly)).next(asked, 4)] == [4, 5, 6, 7]
    assert [each.at.hour for each in Schedule(parse_spec(named)).next(asked, 3)] == [4, 5, 7]


RULES = st.builds(
    lambda frequency, interval, parts: ";".join([f"FREQ={frequency}", f"INTERVAL={interval}", *parts]),
    st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]),
    st.integers(1, 5),
    st.lists(
        st.sampled_from(["BYDAY=MO,SU", "BYMONTH=2,9", "BYHOUR=8,17", "WKST=SU", "BYMINUTE=0,30"]),
        max_size=3,
        unique_by=lambda part: part[:6],
    ),
)


@settings(max_examples=100, deadline=None)
@given(
    rule=RULES, dtstart=st.datetimes(datetime(2016, 1, 1), datetime(2020, 1, 1)), days=st.integers(0, 1500)
)
def test_moving_the_start_forward_changes_no_answer(rule: str, dtstart: datetime, days: int) -> None:
    start = dtstart.replace(second=0, microsecond=0)
    since = datetime.fromordinal(start.toordinal() + days)
    horizon = datetime(2032, 1, 1)
    try:
        theirs = [
            wall
            for wall in islice(rrulestr(rule, dtstart=start).xafter(since, inc=True), 4)
            if wall < horizon
        ]
    except ValueError:  # every third hour from this start never meets the named hours
        assume(False)
    ours = [wall for wall in islice(wall_times(parse_rule(rule), start, since), 4) if wall < horizon]
    assert ours == theirs
