"""When each kind of wait ends, and which waits are refused."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.due import Due, DueContext, due_at, look_back_since
from atlas_workflows.schedule.waits import EventWait, parse_wait, ports_of

LONDON = DueContext(timezone="Europe/London")
OFFICE = BusinessHours.model_validate({day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
BEFORE_SUMMER = datetime(2026, 3, 28, 12, tzinfo=UTC)


def due(wait: dict[str, Any], now: datetime = BEFORE_SUMMER, around: DueContext = LONDON) -> str:
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
    assert due(saturday_noon, around=DueContext("Europe/London", OFFICE)) == "2026-03-30T08:00:00"
    own = {**saturday_noon, "business_hours_only": {"sat": ["14:00-15:00"]}}
    assert due(own) == "2026-03-28T14:00:00"


def test_until_a_time_or_a_rendered_field_with_an_offset() -> None:
    assert due({"kind": "until", "at": "2026-07-01T09:00"}) == "2026-07-01T08:00:00"
    assert due({"kind": "until", "at": "2026-07-01T09:00:00Z"}) == "2026-07-01T09:00:00"
    around = DueContext(
        "Europe/London", render=lambda template: {"{{ contact.trial }}": "2026-07-10"}[template]
    )
    before = {"kind": "until", "at": "{{ contact.trial }}", "offset": {"amount": -3, "unit": "days"}}
    assert due(before, around=around) == "2026-07-07T08:00:00"
    assert due({"kind": "until", "at": "2020-01-01"}) == "2026-03-28T12:00:00", "the past is now"


@pytest.mark.parametrize("text", ["{{ contact.trial }}", "soon", ""])
def test_until_something_unreadable_is_refused(text: str) -> None:
    wait = parse_wait({"kind": "until", "at": "{{ x }}"})
    with pytest.raises(ScheduleRefused, match="at: "):
        due_at(wait, BEFORE_SUMMER, DueContext(render=lambda template: text))


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
    around = DueContext("Europe/London", OFFICE)
    assert due({"kind": "business_hours"}, around=around) == "2026-03-30T08:00:00"
    assert due({"kind": "business_hours", "hours": {"sat": ["10:00-20:00"]}}) == "2026-03-28T12:00:00"
    holiday = DueContext("Europe/London", OFFICE, holidays="GB-ENG")
    good_friday = datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert due({"kind": "business_hours"}, good_friday, holiday) == "2026-04-07T08:00:00", "Easter Monday too"


def test_dynamic_modifiers_apply_in_turn() -> None:
    modifiers = [
        {"condition": {"field": "hot"}, "operation": "multiply", "amount": Decimal("0.5")},
        {"condition": {"field": "weekend"}, "operation": "add", "amount": 1, "unit": "days"},
        {"condition": {"field": "vip"}, "operation": "set", "amount": 5, "unit": "minutes"},
    ]
    wait = {"kind": "dynamic", "base": {"amount": 2, "unit": "hours"}, "modifiers": modifiers}

    def given(*facts: str) -> DueContext:
        return DueContext("UTC", holds=lambda condition: condition["field"] in facts)

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
        {"kind": "until", "at": ""}, {"kind": "business_hours", "hours": {}}, {"kind": "until", "at": "2026-07-10", "time": "9"},
        {"kind": "duration", "amount": 1, "unit": "days", "holidays": "Atlantis"}, {"kind": "anniversary", "of": "2026-02-29"},
        {"kind": "anniversary", "of": "spring"}, {"kind": "anniversary", "of": "02-30"}, {"kind": "anniversary"},
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


# --- open time ---

WEEKDAY_MORNINGS = {day: ["09:00-12:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
HARBOUR = DueContext("Europe/London", OFFICE, "GB-ENG", frozenset({date(2026, 4, 7)}))
FRIDAY = datetime(2026, 3, 27, 10, tzinfo=UTC)
THURSDAY = datetime(2026, 4, 2, 10, tzinfo=UTC)  # before Good Friday
RESTRAINED: list[dict[str, Any]] = [
    {"kind": "duration", "amount": 1, "unit": "days"},
    {"kind": "dynamic", "base": {"amount": 1, "unit": "days"}},
    {"kind": "until", "at": "2026-04-03T10:00:00Z"},
    {"kind": "anniversary", "of": "1988-04-03", "time": "11:00"},
    {"kind": "time_of_day", "time": "11:00", "days": ["fri"]},
]


@pytest.mark.parametrize("wait", RESTRAINED, ids=lambda wait: wait["kind"])
def test_whatever_may_end_in_open_time_only_knows_hours_holidays_and_closures(wait: dict[str, Any]) -> None:
    assert due(wait, THURSDAY, HARBOUR) == "2026-04-03T10:00:00", "a wait that does not ask is not moved"
    tuesday_closed = "2026-04-08T08:00:00"
    assert due({**wait, "business_hours_only": True}, THURSDAY, HARBOUR) == tuesday_closed
    own = {**wait, "business_hours_only": WEEKDAY_MORNINGS}
    assert due(own, THURSDAY, HARBOUR) == tuesday_closed, (
        "the organization's closed days hold for own hours too"
    )
    assert due({**own, "holidays": "US"}, THURSDAY, HARBOUR) == "2026-04-03T10:00:00", "no holiday there"
    assert due({**own, "closures": ["2026-04-03"]}, THURSDAY) == "2026-04-06T08:00:00"
    assert due({**wait, "holidays": "GB-ENG"}, THURSDAY) == "2026-04-04T10:00:00", "the time of day stays"
    assert due({**wait, "closures": ["2026-04-03"]}, THURSDAY) == "2026-04-04T10:00:00"


@pytest.mark.parametrize("wait", [*RESTRAINED, {"kind": "business_hours"}], ids=lambda wait: wait["kind"])
def test_business_hours_that_nobody_gave_are_never_open(wait: dict[str, Any]) -> None:
    asking = wait if wait["kind"] == "business_hours" else {**wait, "business_hours_only": True}
    with pytest.raises(ScheduleRefused, match="no business hours are given") as refused:
        due(asking, THURSDAY)
    assert "mon" in refused.value.remedy


def test_a_wait_honours_outside() -> None:
    evening = {"kind": "duration", "amount": 8, "unit": "hours"}
    previous = {**evening, "business_hours_only": {**WEEKDAY_MORNINGS, "outside": "previous"}}
    assert due(previous, FRIDAY) == "2026-03-27T11:59:00"
    assert due({**evening, "business_hours_only": WEEKDAY_MORNINGS}, FRIDAY) == "2026-03-30T08:00:00"
    past = {**previous, "amount": 1}
    assert due(past, BEFORE_SUMMER) == "2026-03-30T08:00:00", "that minute is past: the next opening"
    organization = DueContext("Europe/London", OFFICE.model_copy(update={"outside": "previous"}))
    assert due({**evening, "business_hours_only": True}, FRIDAY, organization) == "2026-03-27T16:59:00"
    assert due({"kind": "business_hours"}, BEFORE_SUMMER, organization) == "2026-03-30T08:00:00"
    dropping = DueContext("Europe/London", OFFICE.model_copy(update={"outside": "skip"}))
    assert due({**evening, "business_hours_only": True}, FRIDAY, dropping) == "2026-03-30T08:00:00"


@pytest.mark.parametrize("field", ["business_hours_only", "hours"])
def test_a_wait_cannot_skip_its_end(field: str) -> None:
    hours = {"mon": ["09:00-17:00"], "outside": "skip"}
    wait = {"kind": "business_hours", "hours": hours} if field == "hours" else {**RESTRAINED[0], field: hours}
    with pytest.raises(ScheduleRefused) as refused:
        parse_wait(wait)
    assert refused.value.attributes["field"] == f"{field}.outside"


def test_what_never_opens_is_refused() -> None:
    closures = [(date(2026, 4, 1) + timedelta(days=days)).isoformat() for days in range(500)]
    with pytest.raises(ScheduleRefused, match="Nothing opens within 400 days"):
        due({**RESTRAINED[0], "closures": closures}, THURSDAY)


def test_a_wait_in_the_repeated_hour_ends_at_its_own_opening() -> None:
    night = {"kind": "business_hours", "hours": {"sun": ["01:30-05:00"]}, "timezone": "America/New_York"}
    second_pass = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert due(night, second_pass) == "2026-11-01T06:30:00"
    assert due(night, second_pass - timedelta(hours=1)) == "2026-11-01T05:30:00"


# --- dates that come every year ---


@pytest.mark.parametrize(
    ("of", "now", "expected"),
    [
        ("1988-04-02", "2026-03-28T12:00", "2026-04-02T08:00:00"),
        ("1988-03-28", "2026-03-28T08:59", "2026-03-28T09:00:00"),
        ("1988-03-28", "2026-03-28T09:00", "2026-03-28T09:00:00"),
        ("1988-03-28", "2026-03-28T09:01", "2027-03-28T08:00:00"),
        ("1988-02-29", "2026-03-01T00:00", "2027-02-28T09:00:00"),
        ("1988-02-29", "2028-01-01T00:00", "2028-02-29T09:00:00"),
        ("--12-31", "2026-12-31T10:00", "2027-12-31T09:00:00"),
        ("12-31", "2026-12-31T08:00", "2026-12-31T09:00:00"),
        ("1988-04-02T00:00:00.000Z", "2026-03-28T12:00", "2026-04-02T08:00:00"),
        ("1604-04-02", "2026-03-28T12:00", "2026-04-02T08:00:00"),
        ("2030-04-02", "2026-03-28T12:00", "2030-04-02T08:00:00"),
    ],
)
def test_the_next_anniversary(of: str, now: str, expected: str) -> None:
    asked = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert due({"kind": "anniversary", "of": of}, asked) == expected
    rendered = DueContext("Europe/London", render=lambda _: of)
    assert due({"kind": "anniversary", "of": "{{ contact.birthday }}"}, asked, rendered) == expected


def test_the_leap_day_is_stated() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    wait = {"kind": "anniversary", "of": "1988-02-29"}
    assert due({**wait, "leap_day": "mar_1"}, now) == "2026-03-01T09:00:00"
    assert due({**wait, "leap_day": "feb_28"}, now) == "2026-02-28T09:00:00"
    assert due({**wait, "leap_day": "mar_1"}, datetime(2028, 1, 1, tzinfo=UTC)) == "2028-02-29T09:00:00"


@pytest.mark.parametrize(
    ("amount", "now", "expected"),
    [
        (-3, "2026-03-28T12:00", "2026-03-30T08:00:00"),
        (-3, "2026-03-31T12:00", "2027-03-30T08:00:00"),
        (400, "2026-03-28T12:00", "2026-05-07T08:00:00"),
    ],
)
def test_an_anniversary_with_an_offset(amount: int, now: str, expected: str) -> None:
    wait = {"kind": "anniversary", "of": "1988-04-02", "offset": {"amount": amount, "unit": "days"}}
    assert due(wait, datetime.fromisoformat(now).replace(tzinfo=UTC)) == expected


@settings(max_examples=60, deadline=None)
@given(
    born=st.dates(date(1930, 1, 1), date(2020, 12, 31)),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31)),  # noqa: DTZ001 - made aware below
    leap_day=st.sampled_from(["feb_28", "mar_1"]),
)
def test_an_anniversary_is_the_next_day_that_a_walk_finds(born: date, now: datetime, leap_day: str) -> None:
    asked = now.replace(microsecond=0, tzinfo=UTC)
    found = due(
        {"kind": "anniversary", "of": born.isoformat(), "leap_day": leap_day}, asked, DueContext("UTC")
    )
    day = asked.date() if asked.time() <= time(9) else asked.date() + timedelta(days=1)
    while not _comes_round(born, day, leap_day):
        day += timedelta(days=1)
    assert found == f"{day}T09:00:00"


def _comes_round(born: date, day: date, leap_day: str) -> bool:
    if (born.month, born.day) != (2, 29) or calendar.isleap(day.year):
        return (born.month, born.day) == (day.month, day.day)
    return (day.month, day.day) == ((2, 28) if leap_day == "feb_28" else (3, 1))


@pytest.mark.parametrize(
    "path",
    [
        "contact.birthday", "contact.date_of_birth", "contact.dateOfBirth", "lead.dob", "contact.custom_fields.birth_date",
        "contact['birthday']", 'contact.birthday | default("2026-01-01")', "trigger.contact.Birthday",
    ],
)  # fmt: skip
def test_until_a_birthday_is_refused_with_the_wait_that_is_meant(path: str) -> None:
    with pytest.raises(ScheduleRefused, match="long past") as refused:
        parse_wait({"kind": "until", "at": f"{{{{ {path} }}}}"})
    assert refused.value.attributes["field"] == "at"
    assert '"anniversary"' in refused.value.remedy
    assert parse_wait({"kind": "anniversary", "of": f"{{{{ {path} }}}}"})


@pytest.mark.parametrize(
    "path", ["contact.next_birthday", "contact.trial_ends_on", "contact.birthday_offer_ends"]
)
def test_a_date_that_only_sounds_like_a_birthday_is_not_refused(path: str) -> None:
    assert parse_wait({"kind": "until", "at": f"{{{{ {path} }}}}"})


def test_a_rendered_date_far_in_the_past_is_refused_and_one_that_is_late_is_now() -> None:
    def rendered(text: str) -> DueContext:
        return DueContext("Europe/London", render=lambda _: text)

    until = {"kind": "until", "at": "{{ contact.custom_fields.joined }}"}
    assert due(until, around=rendered("2025-03-28")) == "2026-03-28T12:00:00"
    with pytest.raises(ScheduleRefused, match="more than a year past") as refused:
        due(until, around=rendered("1988-04-02"))
    assert '"anniversary"' in refused.value.remedy
    a_year_after = {**until, "offset": {"amount": 12, "unit": "months"}}
    assert due(a_year_after, around=rendered("2025-06-01")) == "2026-06-01T08:00:00"
    assert due(a_year_after, around=rendered("2024-06-01")) == "2026-03-28T12:00:00"


def test_a_date_has_the_time_of_day_that_is_stated_and_an_instant_its_own() -> None:
    assert due({"kind": "until", "at": "2026-07-10"}) == "2026-07-10T08:00:00"
    assert due({"kind": "until", "at": "2026-07-10", "time": "18:30"}) == "2026-07-10T17:30:00"
    assert due({"kind": "until", "at": "2026-07-10", "time": "00:00"}) == "2026-07-09T23:00:00"
    assert due({"kind": "until", "at": "2026-07-10T07:15", "time": "18:30"}) == "2026-07-10T06:15:00"
    assert due({"kind": "until", "at": "2026-03-29", "time": "01:30"}) == "2026-03-29T01:00:00", "in the gap"


# --- dynamic waits ---


def dynamic(base: tuple[float, str], *modifiers: tuple[str, float, str]) -> dict[str, Any]:
    changes = [
        {"condition": {}, "operation": operation, "amount": Decimal(str(amount)), "unit": unit}
        for operation, amount, unit in modifiers
    ]
    length = {"amount": Decimal(str(base[0])), "unit": base[1]}
    return {"kind": "dynamic", "base": length, "modifiers": changes}


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (dynamic((1, "days"), ("add", 0, "minutes")), "2026-03-29T11:00:00"),
        (dynamic((1, "days"), ("add", 30, "minutes")), "2026-03-29T11:30:00"),
        (dynamic((1, "hours"), ("add", 1, "days")), "2026-03-29T12:00:00"),
        (dynamic((1, "hours"), ("set", 1, "months")), "2026-04-28T11:00:00"),
        (dynamic((1, "months"), ("add", 1, "days")), "2026-04-29T11:00:00"),
        (dynamic((1, "months"), ("multiply", 2, "minutes")), "2026-05-28T11:00:00"),
        (dynamic((1, "weeks"), ("multiply", 2, "minutes")), "2026-04-11T11:00:00"),
        (dynamic((24, "hours"), ("multiply", 1, "minutes")), "2026-03-29T12:00:00"),
        (dynamic((1, "days"), ("multiply", 1.5, "minutes")), "2026-03-30T00:00:00"),
        (dynamic((1, "days"), ("add", -2, "days"), ("add", 3, "days")), "2026-03-30T11:00:00"),
        (dynamic((1, "days"), ("add", -2, "days")), "2026-03-28T12:00:00"),
        (dynamic((1, "days"), ("multiply", 10**9, "minutes")), "2036-04-04T12:00:00"),
        (dynamic((1, "days"), ("set", -(10**12), "days")), "2026-03-28T12:00:00"),
    ],
)
def test_a_dynamic_wait_keeps_months_days_and_minutes_apart(wait: dict[str, Any], expected: str) -> None:
    assert due(wait, around=DueContext("Europe/London", holds=lambda _: True)) == expected


@pytest.mark.parametrize("unit", ["seconds", "minutes", "hours", "days", "weeks", "months"])
@pytest.mark.parametrize("amount", [1, 2, 7])
def test_a_modifier_that_changes_nothing_changes_nothing(unit: str, amount: int) -> None:
    plain = due({"kind": "duration", "amount": amount, "unit": unit})
    everything = DueContext("Europe/London", holds=lambda _: True)
    for wait in (
        dynamic((amount, unit), ("add", 0, "minutes")),
        dynamic((amount, unit), ("multiply", 1, "minutes")),
        dynamic((5, "minutes"), ("set", amount, unit)),
        dynamic((0, "seconds"), ("add", amount, unit)),
    ):
        assert due(wait, around=everything) == plain
