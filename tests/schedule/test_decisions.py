"""Catching up after a downtime and overlapping executions, as decisions without a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from atlas_workflows.schedule.decisions import ON_TIME, is_wanted, missed, next_due, on_overlap
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)


def hourly(**policy: object) -> Schedule:
    return Schedule(parse_spec({"cron": "0 * * * *", "timezone": "UTC", **policy}))


@pytest.mark.parametrize(
    ("catch_up", "hours"),
    [
        ({}, []),
        ({"mode": "latest"}, [11]),
        ({"mode": "all", "window_seconds": 3 * 3600}, [9, 10, 11]),
        ({"mode": "all"}, [8, 9, 10, 11]),
    ],
)
def test_catch_up(catch_up: dict[str, object], hours: list[int]) -> None:
    found = missed(hourly(catch_up=catch_up), NOW - timedelta(hours=5), NOW)
    assert [each.at.hour for each in found] == hours


def test_the_occurrence_last_fired_and_the_one_due_now_are_not_missed() -> None:
    schedule = hourly(catch_up={"mode": "all"})
    assert missed(schedule, NOW - timedelta(hours=1), NOW) == []
    assert missed(schedule, NOW, NOW) == []
    assert missed(schedule, NOW + timedelta(hours=3), NOW) == []


def test_latest_outside_the_window_is_forgotten() -> None:
    daily = Schedule(
        parse_spec(
            {"cron": "0 9 * * *", "timezone": "UTC", "catch_up": {"mode": "latest", "window_seconds": 7200}}
        )
    )
    assert missed(daily, NOW - timedelta(days=3), NOW) == []
    assert len(missed(daily, NOW - timedelta(days=3), NOW - timedelta(hours=2))) == 1


@pytest.mark.parametrize(
    ("overlap", "executing", "buffered", "decision"),
    [
        ("skip", 0, 0, "start"),
        ("skip", 1, 0, "skip"),
        ("buffer_one", 1, 0, "buffer"),
        ("buffer_one", 1, 1, "skip"),
        ("buffer_one", 0, 1, "skip"),
        ("buffer_one", 0, 0, "start"),
        ("allow", 7, 0, "start"),
        ("cancel_other", 1, 0, "cancel_and_start"),
        ("cancel_other", 0, 0, "start"),
    ],
)
def test_overlap(overlap: str, executing: int, buffered: int, decision: str) -> None:
    spec = parse_spec({"cron": "0 * * * *", "timezone": "UTC", "overlap": overlap})
    assert on_overlap(spec, executing=executing, buffered=buffered) == decision


@pytest.mark.parametrize(
    ("catch_up", "hour"),
    [
        ({}, 12),
        ({"mode": "latest"}, 11),
        ({"mode": "all", "window_seconds": 3 * 3600}, 9),
        ({"mode": "all"}, 8),
    ],
)
def test_what_comes_next_after_a_downtime(catch_up: dict[str, object], hour: int) -> None:
    found = next_due(hourly(catch_up=catch_up), NOW, after=NOW - timedelta(hours=5))
    assert found is not None
    assert found.at.hour == hour


@pytest.mark.parametrize(
    "late", [timedelta(), ON_TIME, ON_TIME + timedelta(seconds=1), timedelta(minutes=59)]
)
def test_what_is_late_within_five_minutes_still_starts(late: timedelta) -> None:
    schedule = hourly()
    found = next_due(schedule, NOW + late, after=NOW - timedelta(hours=1))
    assert found is not None
    assert (found.at == NOW) is (late <= ON_TIME) is is_wanted(schedule, NOW, NOW + late)


@pytest.mark.parametrize("mode", ["none", "latest", "all"])
def test_what_is_started_next_is_wanted_and_in_order(mode: str) -> None:
    """Stepped through a week with two downtimes: each is due after the one before, and nothing twice."""
    schedule = hourly(catch_up={"mode": mode, "window_seconds": 6 * 3600})
    now, last, begun = NOW, NOW - timedelta(hours=1), []
    for step in (
        [timedelta(minutes=20)] * 9
        + [timedelta(hours=30)]
        + [timedelta(minutes=20)] * 9
        + [timedelta(hours=4)]
    ):
        now += step
        while (found := next_due(schedule, now, after=last)) is not None and found.at <= now:
            assert is_wanted(schedule, found.at, now)
            begun.append(found.at)
            last = found.at
    assert begun == sorted(set(begun))
    assert {"none": 8, "latest": 11, "all": 18}[mode] == len(begun)


def test_nothing_comes_before_its_time_and_nothing_of_what_is_off() -> None:
    found = next_due(hourly(), NOW, not_before=NOW + timedelta(hours=3, seconds=1))
    assert found is not None
    assert found.at.hour == 16
    assert next_due(hourly(enabled=False), NOW) is None
    assert not is_wanted(hourly(enabled=False), NOW, NOW)
