"""Cron fields as sets, days of a month, and agreement with croniter wherever the dialects agree."""

# ruff: noqa: DTZ001 - wall-clock times

from datetime import datetime, timedelta
from itertools import islice

import pytest
from croniter import croniter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.cron import ALIASES, MAXIMUM_LENGTH, parse_cron
from atlas_workflows.schedule.cron_days import days_in
from atlas_workflows.schedule.slots import cron_slots


def days(expression: str, year: int, month: int) -> tuple[int, ...]:
    cron = parse_cron(expression)
    return days_in(year, month, cron.month_days, cron.weekdays)


def test_values_of_lists_ranges_steps_and_names() -> None:
    cron = parse_cron("1,5-7,30/10 22-2 * jan,MAR-may mon-fri")
    assert cron.minutes == (1, 5, 6, 7, 30, 40, 50)
    assert cron.hours == (0, 1, 2, 22, 23)
    assert cron.months == (1, 3, 4, 5)
    assert cron.weekdays.days == (1, 2, 3, 4, 5)


def test_sunday_is_0_and_7() -> None:
    assert (
        parse_cron("0 0 * * 7").weekdays
        == parse_cron("0 0 * * 0").weekdays
        == parse_cron("0 0 * * sun").weekdays
    )
    assert parse_cron("0 0 * * 5-7").weekdays.days == (0, 5, 6)


def test_all_weekdays_written_out_are_set_and_so_unite_with_the_day_of_month() -> None:
    assert days("0 0 13 * 0-7", 2026, 3) == tuple(range(1, 32))
    assert days("0 0 13 * *", 2026, 3) == days("0 0 13 * ?", 2026, 3) == (13,)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 L * *", (31,)),
        ("0 0 L-30 * *", (1,)),
        ("0 0 LW * *", (29,)),  # the 31st is a Sunday, and Monday would leave the month
        ("0 0 15W * *", (15,)),
        ("0 0 16W * *", (15,)),
        ("0 0 31W * *", (29,)),
        ("0 0 1W,L * *", (1, 31)),
        ("0 0 * * 5L", (29,)),
        ("0 0 * * fri#5", (29,)),
        ("0 0 * * mon#1,fri#2", (4, 8)),
        ("0 0 13 * fri", (1, 8, 13, 15, 22, 29)),
    ],
)
def test_days_of_may_2026(expression: str, expected: tuple[int, ...]) -> None:
    assert days(expression, 2026, 5) == expected


@pytest.mark.parametrize(
    ("hour", "elapsed"), [("*", True), ("*/2", True), ("8-18/2", True), ("0-23", False), ("9", False)]
)
def test_only_a_wildcard_or_step_hour_runs_on_elapsed_time(hour: str, elapsed: bool) -> None:
    assert parse_cron(f"0 {hour} * * *").elapsed_hours is elapsed


def test_aliases_mean_their_expressions() -> None:
    for alias, expression in ALIASES.items():
        assert parse_cron(alias) == parse_cron(expression)


def test_refusal_names_the_field_of_the_expression() -> None:
    with pytest.raises(ScheduleRefused, match="weekday") as refused:
        parse_cron("0 0 * * funday")
    assert refused.value.attributes["field"] == "cron"


def test_a_huge_expression_is_refused_at_once() -> None:
    with pytest.raises(ScheduleRefused, match="longer than"):
        parse_cron("1," * MAXIMUM_LENGTH + "1 * * * *")


def test_slots_begin_at_the_asked_time_itself() -> None:
    asked = datetime(2026, 3, 1, 9, 0)
    assert next(cron_slots(parse_cron("0 9 * * *"), asked)) == asked
    assert next(cron_slots(parse_cron("0 9 * * *"), asked + timedelta(seconds=1))) == datetime(
        2026, 3, 2, 9, 0
    )


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    spans = st.tuples(value, value).filter(lambda pair: pair[0] != pair[1])
    single = value.map(str)
    span = spans.map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = st.tuples(spans.filter(lambda pair: pair[0] < pair[1]), st.integers(1, 9)).map(
        lambda drawn: f"{drawn[0][0]}-{drawn[0][1]}/{drawn[1]}"
    )
    listed = st.lists(st.one_of(single, span, stepped), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), st.integers(2, high).map(lambda step: f"*/{step}"), listed)


_DAYS = st.one_of(
    st.tuples(_field(1, 28), _field(0, 6)),
    st.just(("L", "*")),
    st.integers(1, 31).map(lambda day: (f"{day}W", "*")),
    st.integers(0, 6).map(lambda day: ("*", f"L{day}")),
    st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda pair: ("*", f"{pair[0]}#{pair[1]}")),
)


@settings(max_examples=100, deadline=None)
@given(
    minute=_field(0, 59),
    hour=_field(0, 23),
    both_days=_DAYS,
    month=_field(1, 12),
    since=st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1)),
)
def test_agrees_with_croniter(
    minute: str, hour: str, both_days: tuple[str, str], month: str, since: datetime
) -> None:
    expression = f"{minute} {hour} {both_days[0]} {month} {both_days[1]}"
    cron = parse_cron(expression)
    # All days written out, as by 2-1: croniter takes some spellings for `*` and others not.
    assume(len(cron.month_days.days) < 28 and len(cron.weekdays.days) < 7)
    asked = since.replace(second=0, microsecond=0)
    theirs = croniter(expression, asked - timedelta(seconds=1))
    expected = [theirs.get_next(datetime) for _ in range(4)]
    assert list(islice(cron_slots(cron, asked), 4)) == expected
