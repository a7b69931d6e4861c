"""What Airflow's scheduler is told by our timetable is what `atlas schedule next` says, over every kind of schedule and zone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pendulum
import pytest
from airflow.timetables.base import DataInterval, TimeRestriction
from recurring_specs import AHEAD, WORKFLOW, ZONES, said, specs

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.orchestration.timetable import RecurringTimetable

SAMPLE = 80  # all kinds, and each policy with each; tests/soak has all 300 under Airflow's own scheduler


class Stepped(RecurringTimetable):  # type: ignore[misc]
    """Lives by a clock that the test sets."""

    clock = [datetime(2026, 1, 1, tzinfo=UTC)]  # noqa: RUF012
    now = staticmethod(lambda: Stepped.clock[0])


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
    for spec in specs(SAMPLE):
        plain = Stepped({**spec, "timezone": zone}, workflow_id=WORKFLOW)
        timetable = Stepped.deserialize(json.loads(json.dumps(plain.serialize())))
        assert timetable == plain
        for day in ZONES[zone]:
            expected = said({**spec, "timezone": zone}, f"{day}T00:00:00Z")
            begin = pendulum.parse(f"{day}T00:00:00Z")
            Stepped.clock[0] = begin
            scheduled = list(islice(_yielded(timetable, TimeRestriction(begin, None, catchup=False)), AHEAD))
            assert [_text(each) for each in scheduled] == expected, spec
            end = scheduled[-1]
            again = _yielded(timetable, TimeRestriction(begin, end, catchup=True))
            assert [_text(each) for each in islice(again, AHEAD + 1)] == expected, spec
            some += len(expected)
    assert some > SAMPLE


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
