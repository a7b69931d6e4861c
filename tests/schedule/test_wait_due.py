"""When each kind of wait ends, and which waits are refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.due import Due, Surroundings, due_at, look_back_since
from atlas_workflows.schedule.waits import EventWait, parse_wait, ports_of

LONDON = Surroundings(timezone="Europe/London")
OFFICE = BusinessHours.model_validate({day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
BEFORE_SUMMER = datetime(2026, 3, 28, 12, tzinfo=UTC)


def due(wait: dict[str, Any], now: datetime = BEFORE_SUMMER, around: Surroundings = LONDON) -> str:
    answer = due_at(parse_wait(wait), now, around)
    assert answer.port == "main"
    assert answer.at is not None
    return answer.at.strftime("%Y-%m-%dT%H:%M:%S")


def test_hours_are_elapsed_days_keep_the_wall_clock() -> None:
    assert due({"kind": "duration", "amount": 24, "unit": "hours"}) == "2026-03-29T12:00:00"
    assert due({"kind": "duration", "amount": 1, "unit": "days"}) == "2026-03-29T11:00:00"
    assert due({"kind": "duration", "amount": 1, "unit": "weeks"}) == "2026-04-04T11:00:00"
    assert due({"kind": "duration", "amount": 1, "unit": "months"}) == "2026-04-28T11:00:00"
    assert due({"kind": "duration", "amount": Decimal("1.5"), "unit": "minutes"}) == "2026-03-28T12:01:30"
    assert due({"kind": "duration", "amount": 0, "unit": "hours"}) == "2026-03-28T12:00:00"


def test_a_wait_into_the_gap_ends_right_after_it() -> None:
    at_half_past_one = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    assert due({"kind": "duration", "amount": 1, "unit": "days"}, at_half_past_one) == "2026-03-29T01:00:00"


def test_business_hours_only_moves_the_end_to_the_next_opening() -> None:
    saturday_noon = {"kind": "duration", "amount": 1, "unit": "hours", "business_hours_only": True}
    assert due(saturday_noon, around=Surroundings("Europe/London", OFFICE)) == "2026-03-30T08:00:00"
    assert due(saturday_noon) == "2026-03-28T13:00:00", "without hours of the organization nothing is closed"
    own = {**saturday_noon, "business_hours_only": {"sat": ["14:00-15:00"]}}
    assert due(own) == "2026-03-28T14:00:00"


def test_until_a_time_or_a_rendered_field_with_an_offset() -> None:
    assert due({"kind": "until", "at": "2026-07-01T09:00"}) == "2026-07-01T08:00:00"
    assert due({"kind": "until", "at": "2026-07-01T09:00:00Z"}) == "2026-07-01T09:00:00"
    around = Surroundings(
        "Europe/London", render=lambda template: {"{{ contact.trial }}": "2026-07-10"}[template]
    )
    before = {"kind": "until", "at": "{{ contact.trial }}", "offset": {"amount": -3, "unit": "days"}}
    assert due(before, around=around) == "2026-07-06T23:00:00"
    assert due({"kind": "until", "at": "2020-01-01"}) == "2026-03-28T12:00:00", "the past is now"


@pytest.mark.parametrize("text", ["{{ contact.trial }}", "soon", ""])
def test_until_something_unreadable_is_refused(text: str) -> None:
    wait = parse_wait({"kind": "until", "at": "{{ x }}"})
    with pytest.raises(ScheduleRefused, match="at: "):
        due_at(wait, BEFORE_SUMMER, Surroundings(render=lambda template: text))


def test_time_of_day() -> None:
    assert due({"kind": "time_of_day", "time": "13:00"}) == "2026-03-28T13:00:00"
    assert due({"kind": "time_of_day", "time": "12:00"}) == "2026-03-28T12:00:00", "now counts"
    assert due({"kind": "time_of_day", "time": "11:00"}) == "2026-03-29T10:00:00"
    assert due({"kind": "time_of_day", "time": "09:00", "days": ["thu"]}) == "2026-04-02T08:00:00"
    assert due({"kind": "time_of_day", "time": "09:00", "timezone": "Asia/Tokyo"}) == "2026-03-29T00:00:00"
    assert due({"kind": "time_of_day", "time": "01:30"}) == "2026-03-29T01:00:00", (
        "in the gap: right after it"
    )


def test_business_hours() -> None:
    around = Surroundings("Europe/London", OFFICE)
    assert due({"kind": "business_hours"}, around=around) == "2026-03-30T08:00:00"
    assert due({"kind": "business_hours", "hours": {"sat": ["10:00-20:00"]}}) == "2026-03-28T12:00:00"
    holiday = Surroundings("Europe/London", OFFICE, holidays="GB-ENG")
    good_friday = datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert due({"kind": "business_hours"}, good_friday, holiday) == "2026-04-07T08:00:00", "Easter Monday too"


def test_dynamic_modifiers_apply_in_turn() -> None:
    modifiers = [
        {"condition": {"field": "hot"}, "operation": "multiply", "amount": Decimal("0.5")},
        {"condition": {"field": "weekend"}, "operation": "add", "amount": 1, "unit": "days"},
        {"condition": {"field": "vip"}, "operation": "set", "amount": 5, "unit": "minutes"},
    ]
    wait = {"kind": "dynamic", "base": {"amount": 2, "unit": "hours"}, "modifiers": modifiers}

    def given(*facts: str) -> Surroundings:
        return Surroundings("UTC", holds=lambda condition: condition["field"] in facts)

    assert due(wait, around=given()) == "2026-03-28T14:00:00"
    assert due(wait, around=given("hot")) == "2026-03-28T13:00:00"
    assert due(wait, around=given("hot", "weekend")) == "2026-03-29T13:00:00"
    assert due(wait, around=given("hot", "weekend", "vip")) == "2026-03-28T12:05:00"


def test_events_and_conditions_end_by_their_timeout_only() -> None:
    endless = parse_wait({"kind": "until_event", "events": [{"type": "email_event"}]})
    assert due_at(endless, BEFORE_SUMMER) == Due(None)
    bounded = parse_wait(
        {"kind": "until_condition", "condition": {"field": "x"}, "timeout": {"amount": 2, "unit": "days"}}
    )
    assert due_at(bounded, BEFORE_SUMMER) == Due(BEFORE_SUMMER + timedelta(days=2), "timeout")
    assert (ports_of(endless), ports_of(bounded)) == (("main",), ("main", "timeout"))


def test_look_back_accepts_earlier_events() -> None:
    wait = parse_wait(
        {"kind": "until_event", "events": [{"type": "e"}], "look_back": {"amount": 1, "unit": "hours"}}
    )
    assert isinstance(wait, EventWait)
    assert look_back_since(wait, BEFORE_SUMMER) == BEFORE_SUMMER - timedelta(hours=1)


@pytest.mark.parametrize(
    "wait",
    [
        {}, None, [], {"kind": "nap"}, {"kind": "duration"}, {"kind": "duration", "amount": -1, "unit": "hours"},
        {"kind": "duration", "amount": 1, "unit": "fortnights"}, {"kind": "duration", "amount": 10**9, "unit": "days"},
        {"kind": "time_of_day", "time": "24:00"}, {"kind": "time_of_day", "time": "09:00", "timezone": "Mars"},
        {"kind": "time_of_day", "time": "09:00", "days": []}, {"kind": "until_event", "events": []},
        {"kind": "until", "at": ""}, {"kind": "business_hours", "hours": {}},
        {"kind": "dynamic", "base": {"amount": 1, "unit": "hours"}, "modifiers": [{"operation": "divide"}]},
        {"kind": "duration", "amount": float("nan"), "unit": "hours"},
        {"kind": "duration", "amount": float("inf"), "unit": "hours"},
    ],
)  # fmt: skip
def test_refused(wait: Any) -> None:
    with pytest.raises(ScheduleRefused):
        parse_wait(wait)


@pytest.mark.parametrize("at", ["2026-02-31T00:00:00", "tomorrow", "2026-13-01", "9999-01-01T00:00", "09:00"])
def test_a_written_time_that_cannot_be_is_refused_when_the_wait_is_read(at: str) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        parse_wait({"kind": "until", "at": at})
    assert refused.value.attributes["field"] == "at"
    assert parse_wait({"kind": "until", "at": "{{ contact.trial_ends_on }}"})
