"""Any question, however wrong, is answered in order or refused with a field, and soon."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.question import answer

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
WRONG: list[Any] = [None, 5, -1, 1.5, "", "x", [], {}, 10**30, True]
MOMENTS = ["2026-01-01", "2026-03-29T01:30", "1900-01-01", "2500-12-31T23:59", "2026-10-25T01:30:00+00:00",
           "9999-12-31T23:59:59-12:00", "2026-02-30", "2026-01-01T00:00+25:00"]  # fmt: skip
RIGHT: dict[str, list[Any]] = {
    "cron": ["* * * * *", "30 1 * * *", "0 0 29 2 *", "0 0 31 2 *", "0 0 LW 2 5L", "59 23 31 12 *"],
    "rrule": ["FREQ=MINUTELY", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;BYWEEKNO=53", "FREQ=DAILY;BYSETPOS=5",
              "FREQ=YEARLY;INTERVAL=10000", "FREQ=DAILY;UNTIL=19000101T000000Z", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"],
    "every": [{"amount": amount, "unit": unit, "anchor": "2026-01-31"} for amount in (1, 119) for unit in ("minutes", "months")],
    "once": MOMENTS,
    "timezone": ["UTC", "Europe/London", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Monrovia", "Etc/GMT-14", "Factory"],
    "from": MOMENTS,
    "start": MOMENTS,
    "end": MOMENTS,
    "count": [1, 3, 50],
    "business_hours": [{"mon": ["09:00-17:00"]}, {"sun": ["00:00-00:01"]}, {"start": "09:00", "end": "17:00", "days": 5}],
    "holidays": ["GB-ENG", "US", "XX"],
    "on_closed": ["skip", "next", "previous"],
    "fold": ["first", "second", "both"],
    "no_more_often_than_seconds": [60, 86_400],
    "jitter_seconds": [0, 3600],
}  # fmt: skip
TIMEZONES = RIGHT.pop("timezone")
QUESTIONS = st.fixed_dictionaries(
    {"timezone": st.sampled_from(TIMEZONES)},
    optional={
        key: st.sampled_from(values) | st.sampled_from([*values, *WRONG]) for key, values in RIGHT.items()
    },
)


@settings(max_examples=60, deadline=None)
@given(question=QUESTIONS)
def test_any_question_is_answered_or_refused_soon(question: dict[str, Any]) -> None:
    began = time.process_time()
    try:
        found = answer(question, NOW)
    except ScheduleRefused as refused:
        found = {"field": refused.attributes["field"], "occurrences": []}
    instants = [each["at"] for each in found["occurrences"]]
    assert instants == sorted(set(instants))
    assert json.dumps(found)
    assert time.process_time() - began < 20


@settings(max_examples=60, deadline=None)
@given(
    question=st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
    )
)
def test_what_is_no_object_is_refused(question: Any) -> None:
    refused = None
    try:
        answer(question, NOW)
    except ScheduleRefused as error:
        refused = error
    assert refused is not None
    assert refused.attributes["field"] == "schedule"


def test_without_a_time_the_given_now_is_asked() -> None:
    found = answer({"cron": "0 14 * * *", "timezone": "UTC", "count": 1}, NOW)
    assert found["occurrences"][0]["at"] == "2026-11-23T14:00:00Z"


EVERY_RULE: dict[str, dict[str, Any]] = {
    "cron": {"cron": "0 9 * * *"},
    "rrule": {"rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "start": "2026-01-01"},
    "every hour": {"every": {"amount": 24, "unit": "hours", "anchor": "2026-01-01T09:00"}},
    "every day": {"every": {"amount": 1, "unit": "days", "anchor": "2026-01-01T09:00"}},
}


@pytest.mark.parametrize("rule", EVERY_RULE.values(), ids=EVERY_RULE)
@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("2026-03-30T08:59:59.999999", 30), ("2026-03-30T09:00:00", 30), ("2026-03-30T09:00:00.000001", 31),
        ("2026-03-30T09:00:00,5", 31), ("2026-03-30T09:00:00.25Z", 31),
    ],
)  # fmt: skip
def test_a_fraction_of_a_second_counts(rule: dict[str, Any], asked: str, day: int) -> None:
    found = answer({**rule, "timezone": "UTC", "from": asked, "count": 1}, NOW)
    assert found["occurrences"][0]["at"] == f"2026-03-{day}T09:00:00Z"


def test_a_moment_keeps_its_fraction_and_a_day_ends_with_its_last_microsecond() -> None:
    once = {"once": "2026-03-29T01:30:00.5", "timezone": "Europe/London", "from": "2026-03-01"}
    assert answer(once, NOW)["occurrences"][0]["at"] == "2026-03-29T01:00:00Z", "the gap's end is a whole one"
    kept = {"once": "2026-03-30T23:59:59.5Z", "timezone": "UTC", "from": "2026-03-01", "end": "2026-03-30"}
    assert answer(kept, NOW)["occurrences"][0]["at"] == "2026-03-30T23:59:59.500000Z"
