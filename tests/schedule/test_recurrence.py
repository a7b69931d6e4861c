"""Recurrence rules: dateutil's answers, from far away and without hanging."""

# ruff: noqa: DTZ001 - wall-clock times

import time
from datetime import UTC, datetime, timedelta
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


# --- elapsed steps ---

NEW_YORK = "America/New_York"


def local(rule: str, start: str, count: int) -> list[str]:
    schedule = Schedule(parse_spec({"rrule": rule, "timezone": NEW_YORK, "start": start}))
    since = datetime.fromisoformat(start).replace(tzinfo=schedule.zone)
    return [each.local.strftime("%dT%H:%M%z")[:-2] for each in schedule.next(since, count)]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=HOURLY;INTERVAL=5", "2026-10-31T20:00", ["31T20:00-04", "01T01:00-04", "01T05:00-05", "01T10:00-05"]),
        ("FREQ=HOURLY;INTERVAL=6", "2026-10-31T19:00", ["31T19:00-04", "01T01:00-04", "01T06:00-05"]),
        ("FREQ=HOURLY;INTERVAL=5", "2026-03-07T21:00", ["07T21:00-05", "08T03:00-04", "08T08:00-04"]),
        ("FREQ=HOURLY", "2026-11-01T00:15", ["01T00:15-04", "01T01:15-04", "01T01:15-05", "01T02:15-05"]),
        ("FREQ=MINUTELY;INTERVAL=45", "2026-11-01T00:45", ["01T00:45-04", "01T01:30-04", "01T01:15-05", "01T02:00-05"]),
        ("FREQ=HOURLY;INTERVAL=5;COUNT=3", "2026-10-31T20:00", ["31T20:00-04", "01T01:00-04", "01T05:00-05"]),
        ("FREQ=HOURLY;INTERVAL=5;BYDAY=SU", "2026-10-31T20:00", ["01T01:00-04", "01T05:00-05", "01T10:00-05"]),
        ("FREQ=HOURLY;INTERVAL=5;BYDAY=SU;COUNT=1", "2026-10-31T20:00", ["01T01:00-04"]),
        ("FREQ=HOURLY;INTERVAL=2;BYMINUTE=0,30", "2026-10-31T23:10", ["31T23:30-04", "01T01:00-04", "01T01:30-04", "01T02:00-05"]),
        ("FREQ=HOURLY;BYMINUTE=15,45;BYSETPOS=-1", "2026-11-01T00:00", ["01T00:45-04", "01T01:45-04", "01T01:45-05"]),
        ("FREQ=MINUTELY;INTERVAL=20;BYMINUTE=40", "2026-11-01T00:00", ["01T00:40-04", "01T01:40-04", "01T01:40-05"]),
        ("FREQ=HOURLY;BYHOUR=0,1,2", "2026-11-01T00:00", ["01T00:00-04", "01T01:00-04", "01T02:00-05"]),
    ],
)  # fmt: skip
def test_hourly_and_minutely_steps_are_elapsed_time(rule: str, start: str, expected: list[str]) -> None:
    assert local(rule, start, len(expected)) == expected


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from([NEW_YORK, "Europe/London", "America/Santiago", "Australia/Lord_Howe"]),
    hours=st.integers(1, 30),
    minutes=st.integers(1, 500),
    days=st.integers(0, 400),
    of=st.sampled_from(["HOURLY", "MINUTELY"]),
)
def test_elapsed_steps_are_those_of_dateutil_in_utc(
    zone: str, hours: int, minutes: int, days: int, of: str
) -> None:
    rule = f"FREQ={of};INTERVAL={hours if of == 'HOURLY' else minutes}"
    start = datetime(2026, 1, 1, 7, 20)
    since = start + timedelta(days=days, minutes=minutes)
    schedule = Schedule(parse_spec({"rrule": rule, "timezone": zone, "start": f"{start.isoformat()}Z"}))
    # Theirs counts from its start one by one: let it begin some whole steps before what is asked for.
    step = timedelta(hours=hours) if of == "HOURLY" else timedelta(minutes=minutes)
    near = start + max(0, (since - start) // step - 3) * step
    theirs = islice(rrulestr(rule, dtstart=near).xafter(since, inc=True), 5)
    assert [each.at.replace(tzinfo=None) for each in schedule.next(since.replace(tzinfo=UTC), 5)] == list(
        theirs
    )


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=HOURLY;BYMINUTE=0,20,40;BYDAY=MO", "FREQ=MINUTELY;INTERVAL=90"]
)
def test_an_elapsed_rule_of_long_ago_costs_nothing(rule: str) -> None:
    spec = {"rrule": rule, "timezone": NEW_YORK, "start": "1971-01-01"}
    schedule = Schedule(parse_spec(spec))
    began = time.process_time()
    assert len(schedule.next(datetime(2026, 1, 1, tzinfo=UTC), 100)) == 100
    assert time.process_time() - began < 0.5


# --- the whole set of a period ---


def test_the_position_is_taken_over_the_whole_week_then_what_lies_before_the_start_is_dropped() -> None:
    wednesday = datetime(2026, 1, 7, 9)
    weekdays = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    first_of_week = ["2026-01-12T09:00", "2026-01-19T09:00", "2026-01-26T09:00"]
    assert first(f"{weekdays};BYSETPOS=1", 3, wednesday, wednesday) == first_of_week
    assert first(f"{weekdays};BYSETPOS=1;COUNT=2", 3, wednesday, wednesday) == first_of_week[:2]
    assert first(f"{weekdays};BYSETPOS=3", 1, wednesday, wednesday) == ["2026-01-07T09:00"]
    assert first(f"{weekdays};BYSETPOS=-1", 1, wednesday, wednesday) == ["2026-01-09T09:00"]
    assert first(f"{weekdays};BYSETPOS=1;INTERVAL=2", 2, wednesday, wednesday) == [
        "2026-01-19T09:00",
        "2026-02-02T09:00",
    ]
    sunday_first = "FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=1;WKST=SU"
    assert first(sunday_first, 1, wednesday, wednesday) == ["2026-01-11T09:00"]
    assert first("FREQ=MONTHLY;BYDAY=WE,FR;BYSETPOS=1", 1, wednesday + timedelta(days=3), wednesday) == [
        "2026-02-04T09:00"
    ]


DAY_NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@settings(max_examples=150, deadline=None)
@given(
    days=st.sets(st.integers(0, 6), min_size=1),
    hours=st.sets(st.sampled_from([8, 9, 12, 17]), max_size=2),
    places=st.sets(st.sampled_from([-8, -3, -2, -1, 1, 2, 3, 6]), min_size=1, max_size=3),
    week_start=st.integers(0, 6),
    interval=st.integers(1, 3),
    dtstart=st.datetimes(datetime(2025, 12, 1), datetime(2026, 2, 1)),
    count=st.none() | st.integers(1, 4),
    later=st.integers(0, 60),
)
def test_bysetpos_of_a_week_is_what_the_rfc_says(
    days: set[int], hours: set[int], places: set[int], week_start: int, interval: int, dtstart: datetime,
    count: int | None, later: int,
) -> None:  # fmt: skip
    start = dtstart.replace(second=0, microsecond=0)
    rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(DAY_NAMES[day] for day in sorted(days))}"
    rule += f";WKST={DAY_NAMES[week_start]};BYSETPOS={','.join(map(str, sorted(places)))}"
    rule += f";BYHOUR={','.join(map(str, sorted(hours)))}" if hours else ""
    since = start + timedelta(days=later)
    ours = list(islice(wall_times(parse_rule(rule + (f";COUNT={count}" if count else "")), start, since), 4))
    theirs = _weekly(start, sorted(days), sorted(hours) or [start.hour], places, week_start, interval)
    assert ours == [wall for wall in theirs[:count] if wall >= since][:4]


def _weekly(
    start: datetime, days: list[int], hours: list[int], places: set[int], week_start: int, interval: int
) -> list[datetime]:
    """Period by period as RFC 5545 tells it: the whole set, the places, then what is not before DTSTART."""
    week = start - timedelta(days=(start.weekday() - week_start) % 7)
    found: list[datetime] = []
    for _ in range(60):
        members = sorted(
            (week + timedelta(days=(day - week_start) % 7)).replace(hour=hour)
            for day in days
            for hour in hours
        )
        chosen = {members[p - 1 if p > 0 else p] for p in places if -len(members) <= p <= len(members)}
        found += [wall for wall in sorted(chosen) if wall >= start]
        week += timedelta(weeks=interval)
    return found
