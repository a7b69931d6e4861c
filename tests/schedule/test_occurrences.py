"""What each policy of a schedule does to its occurrences."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.occurrences import Occurrence, Schedule, jitter
from atlas_workflows.schedule.spec import parse_spec

LONDON, NEW_YORK = "Europe/London", "America/New_York"
WEEK = {day: ["09:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def ask(since: str, count: int = 3, **spec: Any) -> list[Occurrence]:
    schedule = Schedule(parse_spec({"timezone": LONDON, **spec}), workflow_id="w")
    return schedule.next(datetime.fromisoformat(since).replace(tzinfo=UTC), count)


def local(occurrences: list[Occurrence]) -> list[str]:
    return [each.local.replace(tzinfo=None).isoformat(timespec="minutes") for each in occurrences]


def test_the_example_of_the_command_line() -> None:
    found = ask("2026-03-28T12:00", 1, cron="0 2 * * *")
    assert found == [
        Occurrence(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime.fromisoformat("2026-03-29T02:00:00+01:00"))
    ]


def test_gap_next_moves_to_the_first_instant_after_it_and_says_so() -> None:
    moved = ask("2026-03-29T00:00", 1, cron="30 1 * * *")[0]
    assert (moved.at.isoformat(), moved.adjustment) == ("2026-03-29T01:00:00+00:00", "gap")
    assert local(ask("2026-03-29T00:00", 1, cron="30 1 * * *", gap="skip")) == ["2026-03-30T01:30"]


def test_several_slots_of_the_gap_collapse_into_one_that_says_so() -> None:
    found = ask("2026-03-08T06:30", 3, cron="*/30 * * * *", timezone=NEW_YORK)
    assert local(found) == ["2026-03-08T01:30", "2026-03-08T03:00", "2026-03-08T03:30"]
    assert [(each.adjustment, each.collapsed) for each in found] == [(None, 1), ("gap", 3), (None, 1)]


@pytest.mark.parametrize(
    ("fold", "expected"),
    [("first", ["05:30", "06:30"]), ("second", ["06:30", "06:30"]), ("both", ["05:30", "06:30"])],
)
def test_fold_chooses_the_pass(fold: str, expected: list[str]) -> None:
    found = ask("2026-11-01T00:00", 2, cron="30 1 * * *", timezone=NEW_YORK, fold=fold)
    assert [each.at.strftime("%H:%M") for each in found] == expected
    assert found[0].adjustment == "fold"
    assert found[1].at.day == (1 if fold == "both" else 2)


def test_both_passes_of_several_slots_come_in_order_of_time() -> None:
    found = ask("2026-11-01T05:00", 6, cron="0,30 1 * * *", timezone=NEW_YORK, fold="both")
    assert [each.at.strftime("%H:%M") for each in found[:4]] == ["05:00", "05:30", "06:00", "06:30"]
    assert [each.at for each in found] == sorted(each.at for each in found)


def test_asking_between_the_two_passes_finds_the_second() -> None:
    found = ask("2026-11-01T05:31", 1, cron="30 1 * * *", timezone=NEW_YORK, fold="second")
    assert found[0].at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_minutes_and_hours_are_elapsed_time_days_keep_the_wall_clock() -> None:
    hours = ask("2026-03-28T12:00", 3, every={"amount": 12, "unit": "hours", "anchor": "2026-03-28T12:00"})
    assert local(hours) == ["2026-03-28T12:00", "2026-03-29T00:00", "2026-03-29T13:00"]
    days = ask("2026-03-28T12:00", 3, every={"amount": 1, "unit": "days", "anchor": "2026-03-28T12:00"})
    assert local(days) == ["2026-03-28T12:00", "2026-03-29T12:00", "2026-03-30T12:00"]


def test_months_from_a_31st_use_the_last_day_and_come_back() -> None:
    found = ask("2026-01-01T00:00", 4, every={"amount": 1, "unit": "months", "anchor": "2026-01-31T09:00"})
    assert local(found) == ["2026-01-31T09:00", "2026-02-28T09:00", "2026-03-31T09:00", "2026-04-30T09:00"]


def test_once_is_local_or_an_instant() -> None:
    assert local(ask("2026-01-01T00:00", once="2026-06-01T09:00")) == ["2026-06-01T09:00"]
    assert local(ask("2026-01-01T00:00", once="2026-06-01T09:00Z")) == ["2026-06-01T10:00"]
    assert ask("2026-06-02T00:00", once="2026-06-01T09:00") == []


def test_start_and_end_are_both_included() -> None:
    bounds = {"start": "2026-05-02T09:00", "end": "2026-05-03T09:00"}
    assert local(ask("2026-01-01T00:00", 9, cron="0 9 * * *", **bounds)) == [
        "2026-05-02T09:00",
        "2026-05-03T09:00",
    ]
    whole_days = {"start": "2026-05-02", "end": "2026-05-03"}
    assert local(ask("2026-01-01T00:00", 9, cron="0 0,23 * * *", **whole_days)) == [
        "2026-05-02T00:00", "2026-05-02T23:00", "2026-05-03T00:00", "2026-05-03T23:00",
    ]  # fmt: skip


def test_skip_dates_are_local_dates() -> None:
    found = ask("2026-07-01T00:00", 2, cron="30 0 * * *", skip_dates=["2026-07-02"])
    assert local(found) == ["2026-07-03T00:30", "2026-07-04T00:30"]
    elapsed = ask(
        "2026-07-01T00:00",
        9,
        every={"amount": 6, "unit": "hours", "anchor": "2026-07-01T00:00"},
        skip_dates=["2026-07-01"],
    )
    assert local(elapsed)[0] == "2026-07-02T00:00"


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        ("skip", ["2026-07-08T12:30"]),
        ("next", ["2026-07-06T09:00", "2026-07-06T13:00", "2026-07-07T13:00"]),
        ("previous", ["2026-07-03T16:59", "2026-07-06T11:59", "2026-07-07T11:59"]),
    ],
)
def test_outside_business_hours(outside: str, expected: list[str]) -> None:
    hours = {**WEEK, "wed": ["09:00-17:00"], "outside": outside}
    found = ask("2026-07-03T12:00", 9, cron="30 12 * * *", business_hours=hours, start="2026-07-04T00:00")
    if outside == "previous":  # the Saturday slot moves before the start, the Sunday one as well
        found = ask("2026-07-03T12:00", 9, cron="30 12 4-7 7 *", business_hours=hours)[:3]
        assert found[0].collapsed == 2
    assert local(found)[: len(expected)] == expected


def test_closing_time_is_exclusive_and_opening_inclusive() -> None:
    found = ask("2026-07-06T00:00", 3, cron="0 9,12,17 * * *", business_hours={**WEEK, "outside": "skip"})
    assert local(found) == ["2026-07-06T09:00", "2026-07-07T09:00", "2026-07-08T09:00"]


def test_a_slot_before_the_asked_time_may_move_behind_it() -> None:
    monday = ask("2026-07-06T08:00", 1, cron="0 10 * * sat", business_hours=WEEK)[0]
    assert local([monday]) == ["2026-07-06T09:00"]
    assert monday.adjustment == "business_hours"
    assert ask("2026-07-06T08:00", 1, cron="0 10 * * sat", business_hours=WEEK) == [monday]


def test_holidays_move_keep_the_time_of_day_and_collapse() -> None:
    found = ask("2026-12-24T00:00", 3, cron="0 9 * * *", holidays="GB-ENG")
    assert local(found) == ["2026-12-24T09:00", "2026-12-27T09:00", "2026-12-29T09:00"]
    assert [(each.adjustment, each.collapsed) for each in found] == [
        (None, 1),
        ("holiday", 3),
        ("holiday", 2),
    ]


def test_scotland_and_england_differ() -> None:
    england = ask("2026-11-30T00:00", 1, cron="0 9 * * *", holidays="GB-ENG", on_closed="skip")
    scotland = ask("2026-11-30T00:00", 1, cron="0 9 * * *", holidays="GB-SCT", on_closed="skip")
    assert (local(england), local(scotland)) == (["2026-11-30T09:00"], ["2026-12-01T09:00"])


def test_own_closures_are_closed_days() -> None:
    found = ask("2026-07-06T00:00", 1, cron="0 10 6 7 *", business_hours=WEEK, closures=["2026-07-06"])
    assert local(found) == ["2026-07-07T09:00"]
    assert found[0].adjustment == "holiday"


def test_jitter_is_stable_per_workflow_bounded_and_said() -> None:
    spec = parse_spec({"cron": "0 9 * * *", "timezone": LONDON, "jitter_seconds": 600})
    asked = datetime(2026, 7, 1, tzinfo=UTC)
    first, again, other = (Schedule(spec, workflow_id=each).next(asked)[0] for each in ("a", "a", "b"))
    assert first == again
    assert first.at != other.at
    assert first.adjustment == "jitter"
    assert timedelta() <= first.at - datetime(2026, 7, 1, 8, tzinfo=UTC) <= timedelta(seconds=600)
    assert len({jitter(str(number), 600) for number in range(500)}) > 250


def test_a_closed_slot_that_can_never_open_ends_the_search() -> None:
    sunday_only = {"sun": ["09:00-10:00"], "outside": "skip"}
    assert ask("2026-07-01T00:00", 1, cron="* 3 * * *", business_hours=sunday_only) == []


SPECS = st.sampled_from(
    [
        {"cron": "*/30 * * * *"},
        {"cron": "30 1 * * *"},
        {"cron": "15 2 * * 0,6"},
        {"cron": "0 10 L * *"},
        {"every": {"amount": 45, "unit": "minutes", "anchor": "2026-01-01T00:00"}},
        {"every": {"amount": 3, "unit": "days", "anchor": "2026-01-01T01:30"}},
        {"rrule": "FREQ=WEEKLY;BYDAY=SU;BYHOUR=1;BYMINUTE=30", "start": "2026-01-01"},
    ]
)
POLICIES = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from([LONDON, NEW_YORK, "Australia/Lord_Howe", "America/Havana", "UTC"]),
        "gap": st.sampled_from(["next", "skip"]),
        "fold": st.sampled_from(["first", "second", "both"]),
        "business_hours": st.sampled_from([None, WEEK, {"sun": ["00:00-24:00"], "mon": ["01:00-02:00"]}]),
        "on_closed": st.sampled_from(["skip", "next", "previous"]),
        "holidays": st.sampled_from([None, "GB-ENG"]),
        "jitter_seconds": st.sampled_from([0, 90]),
    }
)


@settings(max_examples=80, deadline=None)
@given(spec=SPECS, policy=POLICIES, hours=st.integers(0, 9_000), later=st.integers(0, 30))
def test_where_one_asks_from_does_not_change_what_fires(
    spec: dict[str, Any], policy: dict[str, Any], hours: int, later: int
) -> None:
    schedule = Schedule(parse_spec({**spec, **policy}), workflow_id="w")
    asked = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=hours)
    found = schedule.next(asked, later + 10)
    assume(len(found) == later + 10)  # 01:30 in office hours with "skip" never fires
    assert [each.at for each in found] == sorted({each.at for each in found})
    assert all(each.at >= asked and each.local == each.at for each in found)
    from_inside = schedule.next(found[later].at, 10)
    assert [each.at for each in from_inside] == [each.at for each in found[later:]]
    after = schedule.after(found[later].at)
    assert after is not None
    assert after.at == found[later + 1].at


def test_a_slot_after_the_end_does_not_move_before_it() -> None:
    found = ask(
        "2026-07-01T00:00",
        9,
        cron="0 20 * * fri",
        business_hours={**WEEK, "outside": "previous"},
        end="2026-07-10T18:00",
    )
    assert local(found) == ["2026-07-03T16:59"]


def test_a_question_that_walks_through_too_many_slots_is_refused() -> None:
    one_minute_a_week = {"sun": ["00:00-00:01"]}
    with pytest.raises(ScheduleRefused, match="slots would have to be looked at"):
        ask("2026-07-01T00:00", 1_000, cron="* * * * *", business_hours=one_minute_a_week)


@pytest.mark.parametrize("on_closed", ["next", "previous"])
def test_a_whole_closed_day_runs_into_an_open_one_in_order(on_closed: str) -> None:
    # 1 January 2027 is a holiday; from an anchor a quarter of an hour off, both days' slots interleave.
    every = {"amount": 1_425, "unit": "minutes", "anchor": "2026-12-01T00:00"}
    found = ask("2026-12-29T00:00", 8, every=every, holidays="GB-ENG", on_closed=on_closed)
    assert [each.at for each in found] == sorted(each.at for each in found)
    busy = ask("2026-12-31T00:00", 60, cron="0 */2 * * *", holidays="GB-ENG", on_closed=on_closed)
    assert [each.at for each in busy] == sorted({each.at for each in busy})
    doubled = [each.local.day for each in busy if each.collapsed == 2]
    assert doubled == [2 if on_closed == "next" else 31] * 12
