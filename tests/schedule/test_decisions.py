"""Catching up after a downtime and overlapping executions, as decisions without a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from atlas_workflows.schedule.decisions import missed, on_overlap
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
