"""Where closed time leads to, against an oracle that walks minute by minute and looks at the wall clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.openings import last_open, moved, next_open
from atlas_workflows.schedule.openness import Openness
from atlas_workflows.schedule.zones import load_zone, to_local

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A spring and an autumn change each, in naive UTC: at night, at midnight, by half an hour, and a day left out.
CHANGES = {
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Europe/London": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/Santiago": ("2026-09-06T04:00", "2026-04-05T03:00"),
    "America/Havana": ("2026-03-08T05:00", "2026-11-01T05:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),
    "Pacific/Apia": ("2011-12-30T10:00", "2012-03-31T14:00"),
}


def walk(instant: datetime, zone: ZoneInfo, openness: Openness, step: timedelta) -> datetime | None:
    """The first open minute on the way; a clock of whole minutes."""
    for _ in range(3 * 1440):
        if openness.closed_because(to_local(instant, zone)) is None:
            return instant
        instant += step
    return None


@st.composite
def intervals(draw: st.DrawFn) -> list[str]:
    ends = draw(st.lists(st.integers(0, 288), min_size=2, max_size=4, unique=True).map(sorted))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return [f"{a // 12:02}:{a % 12 * 5:02}-{b // 12:02}:{b % 12 * 5:02}" for a, b in pairs]


@settings(max_examples=150, deadline=None)
@given(
    zone_name=st.sampled_from(sorted(CHANGES)),
    change=st.integers(0, 1),
    offset=st.integers(-1_500, 1_500),
    hours=intervals(),
    nights=st.sampled_from([[], ["01:30-01:45"], ["02:15-02:45"], ["00:30-01:30"], ["23:30-24:00"], ["01:00-03:00"]]),
)  # fmt: skip
def test_the_next_and_the_last_open_minute_are_those_of_a_walk(
    zone_name: str, change: int, offset: int, hours: list[str], nights: list[str]
) -> None:
    zone = load_zone(zone_name)
    openness = Openness(BusinessHours.model_validate({"hours": dict.fromkeys(DAYS, nights or hours)}).week)
    instant = datetime.fromisoformat(CHANGES[zone_name][change]) + offset * MINUTE
    ahead, back = walk(instant, zone, openness, MINUTE), walk(instant, zone, openness, -MINUTE)
    assert ahead is None or next_open(instant, zone, openness) == ahead
    assert back is None or last_open(instant, zone, openness) == back


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("hours", "instant", "expected"),
    [
        ("01:30-05:00", "2026-11-01T05:10", "2026-11-01T05:30"),  # in the first pass: its 01:30
        ("01:30-05:00", "2026-11-01T06:10", "2026-11-01T06:30"),  # in the second one: its own, not at once
        ("01:00-01:15", "2026-11-01T05:40", "2026-11-01T06:00"),  # closed, and open again in the second pass
        ("00:30-01:30", "2026-11-01T05:40", "2026-11-01T06:00"),  # the change itself opens
        ("02:10-02:50", "2026-03-08T06:50", "2026-03-09T06:10"),  # never open on the day that leaves it out
        ("02:30-05:00", "2026-03-08T06:50", "2026-03-08T07:00"),  # open from the end of the gap
    ],
)
def test_an_opening_at_a_change_of_the_clock(hours: str, instant: str, expected: str) -> None:
    zone = load_zone("America/New_York")
    openness = Openness(BusinessHours.model_validate({day: [hours] for day in DAYS}).week)
    found = moved(at(instant), zone, openness, "next")
    assert found == at(expected)
    assert openness.closed_because(to_local(found, zone)) is None


def test_the_last_minute_before_a_closing_that_the_gap_leaves_out() -> None:
    zone = load_zone("America/New_York")
    openness = Openness(BusinessHours.model_validate({day: ["00:00-02:30"] for day in DAYS}).week)
    assert moved(at("2026-03-08T12:00"), zone, openness, "previous") == at("2026-03-08T06:59")


def test_closed_days_keep_the_time_of_day_over_a_day_that_the_zone_left_out() -> None:
    zone = load_zone("Pacific/Apia")
    closed = Openness(closed_days=frozenset({date(2011, 12, 29), date(2011, 12, 31)}))
    found = moved(at("2011-12-29T20:00"), zone, closed, "next")
    assert found is not None
    assert to_local(found, zone) == at("2012-01-01T10:00")


def test_nothing_opens_or_everything_is_skipped() -> None:
    zone = load_zone("Europe/London")
    every_day = frozenset(date(2026, 1, 1) + timedelta(days=days) for days in range(500))
    week = BusinessHours.model_validate({"mon": ["09:00-17:00"]}).week
    for openness in (Openness(closed_days=every_day), Openness(week, closed_days=every_day)):
        assert next_open(at("2026-01-02T10:00"), zone, openness) is None
        assert moved(at("2026-01-02T10:00"), zone, openness, "skip") is None
