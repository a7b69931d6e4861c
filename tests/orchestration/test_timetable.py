"""What Airflow's scheduler is told by our timetable is what `atlas schedule next` says, over every kind of schedule and zone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import pendulum
import pytest
from airflow.timetables.base import DataInterval, TimeRestriction

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.orchestration.timetable import RecurringTimetable
from atlas_workflows.schedule.question import answer

ZONES = {  # each with the days before its two clock changes of 2026
    "Europe/London": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    "America/Santiago": ("2026-04-04", "2026-09-05"),
    "Africa/Casablanca": ("2026-02-14", "2026-03-21"),
}
RULES: list[dict[str, Any]] = [
    *({"cron": text} for text in ("0 9 * * *", "30 1 * * *", "30 2 * * 0,1", "*/30 0-3 * * *", "15 */2 * * *", "0 0 L * *",
                                  "0 12 * * 1-5", "45 1 1-31 * *", "0 0 * * 6", "*/20 1 * * 0")),
    *({"rrule": text, "start": "2026-01-05T01:30"} for text in (
        "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,MO", "FREQ=HOURLY;INTERVAL=5", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=DAILY;INTERVAL=2;BYHOUR=0,2")),
    *({"every": {"amount": amount, "unit": unit, "anchor": "2026-01-01T02:30"}} for amount, unit in (
        (45, "minutes"), (6, "hours"), (1, "days"), (1, "weeks"), (1, "months"))),
]  # fmt: skip
POLICIES: list[dict[str, Any]] = [
    {"gap": "skip"}, {"fold": "second"}, {"fold": "both"}, {"jitter_seconds": 600}, {"skip_dates": ["2026-03-29", "2026-10-25"]},
    {"business_hours": {day: ["01:15-02:45", "09:00-17:00"] for day in ("sat", "sun", "mon", "tue")}},
    {"business_hours": {"mon": ["09:00-17:00"]}, "on_closed": "previous"},
    {"closures": ["2026-03-29", "2026-10-25", "2026-04-05"], "on_closed": "next"}, {"closures": ["2026-10-04"], "on_closed": "skip"},
]  # fmt: skip
WORKFLOW = "0190b0c2-0000-7000-8000-000000000001"
SPECS, AHEAD = 300, 4


class Stepped(RecurringTimetable):  # type: ignore[misc]
    """Lives by a clock that the test sets."""

    clock = [datetime(2026, 1, 1, tzinfo=UTC)]  # noqa: RUF012
    now = staticmethod(lambda: Stepped.clock[0])


def _specs() -> Iterator[dict[str, Any]]:
    dice = Random(11)
    for number in range(SPECS):
        chosen = dice.sample(POLICIES, number % 3)
        spec = {key: value for part in (RULES[number % len(RULES)], *chosen) for key, value in part.items()}
        # A rule that fires in the night, dropped whenever it is closed, never fires: another test's matter.
        yield spec | (
            {"on_closed": "next"} if "business_hours" in spec and spec.get("on_closed") == "skip" else {}
        )


def _said(spec: dict[str, Any], since: str, count: int) -> list[str]:
    question = {**spec, "workflow_id": WORKFLOW, "from": since, "count": count}
    return [entry["at"] for entry in answer(question, datetime(2026, 1, 1, tzinfo=UTC))["occurrences"]]


def _yielded(timetable: RecurringTimetable, restriction: TimeRestriction) -> Iterator[datetime]:
    last = None
    while (
        info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    ) is not None:
        assert (
            info.data_interval == DataInterval.exact(info.run_after) == DataInterval.exact(info.logical_date)
        )
        yield info.run_after
        last = info.data_interval
        if isinstance(timetable, Stepped):
            Stepped.clock[0] = info.run_after + timedelta(seconds=1)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_scheduled_is_what_was_said(zone: str) -> None:
    """Stepped from due to due through the scheduler's clock, and as an Airflow backfill of the same stretch."""
    some = 0
    for spec in _specs():
        plain = Stepped({**spec, "timezone": zone}, workflow_id=WORKFLOW)
        timetable = Stepped.deserialize(json.loads(json.dumps(plain.serialize())))
        assert timetable == plain
        for day in ZONES[zone]:
            said = _said({**spec, "timezone": zone}, f"{day}T00:00:00Z", AHEAD)
            begin = pendulum.parse(f"{day}T00:00:00Z")
            Stepped.clock[0] = begin
            scheduled = list(islice(_yielded(timetable, TimeRestriction(begin, None, catchup=False)), AHEAD))
            assert [_text(each) for each in scheduled] == said, spec
            end = scheduled[-1]
            again = _yielded(timetable, TimeRestriction(begin, end, catchup=True))
            assert [_text(each) for each in islice(again, AHEAD + 1)] == said, spec
            some += len(said)
    assert some > SPECS


DAILY = {"cron": "0 9 * * *", "timezone": "UTC"}


def _next(schedule: dict[str, Any], now: str, last: str | None, earliest: str | None = None) -> str | None:
    Stepped.clock[0] = pendulum.parse(now)
    info = Stepped(schedule).next_dagrun_info(
        last_automated_data_interval=last and DataInterval.exact(pendulum.parse(last)),
        restriction=TimeRestriction(earliest and pendulum.parse(earliest), None, catchup=False),
    )
    return info and _text(info.run_after)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, "2026-06-11T09:00:00Z"),
        ({"catch_up": {"mode": "latest", "window_seconds": 7 * 86_400}}, "2026-06-10T09:00:00Z"),
        ({"catch_up": {"mode": "latest", "window_seconds": 3600}}, "2026-06-11T09:00:00Z"),
        ({"catch_up": {"mode": "all", "window_seconds": 3 * 86_400}}, "2026-06-08T09:00:00Z"),
        ({"catch_up": {"mode": "all", "window_seconds": 31 * 86_400}}, "2026-06-02T09:00:00Z"),
        ({"enabled": False}, None),
    ],
)
def test_after_a_downtime_the_policy_decides(policy: dict[str, Any], expected: str | None) -> None:
    assert _next(DAILY | policy, "2026-06-10T12:00:00Z", "2026-06-01T09:00:00Z") == expected


def test_what_is_late_by_minutes_is_not_missed() -> None:
    """The DAG is read anew between the due instant and the scheduler's next look: nothing may be passed over."""
    assert _next(DAILY, "2026-06-10T09:04:59Z", "2026-06-09T09:00:00Z") == "2026-06-10T09:00:00Z"
    assert _next(DAILY, "2026-06-10T09:04:59Z", "2026-06-10T09:00:00Z") == "2026-06-11T09:00:00Z"
    assert _next(DAILY, "2026-06-10T09:01:00Z", None, "2026-06-10T09:00:30Z") == "2026-06-11T09:00:00Z"


def test_a_run_by_hand_stands_for_its_own_instant() -> None:
    at = pendulum.parse("2026-06-10T12:34:56Z")
    assert RecurringTimetable(DAILY).infer_manual_data_interval(run_after=at) == DataInterval.exact(at)


def test_words_for_airflows_page() -> None:
    timetable = RecurringTimetable({"cron": "0 9 * * 1-5", "timezone": "Europe/London"})
    assert timetable.summary == "0 9 * * 1-5 Europe/London"
    assert timetable.description == "At 09:00 on Monday to Friday (Europe/London)."


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({"cron": "61 9 * * *", "timezone": "UTC"}, "cron"),
        ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"rrule": "FREQ=DAILY", "timezone": "UTC"}, "start"),
    ],
)
def test_no_schedule_is_refused_with_its_field(schedule: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        RecurringTimetable(schedule)
    assert caught.value.attributes["field"] == field
