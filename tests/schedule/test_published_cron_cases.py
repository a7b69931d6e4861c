"""Cases that other projects publish for their cron readers, and every deviation that the reference page lists.

Columns of CASES: where it comes from, expression, zone, asked after, and the instants that follow, in local time.
"""

# ruff: noqa: DTZ001 - wall-clock times

from datetime import datetime, timedelta
from itertools import islice

import pytest
from croniter import croniter

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.cron import parse_cron
from atlas_workflows.schedule.dialects import DEVIATIONS
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.slots import cron_slots
from atlas_workflows.schedule.spec import parse_spec

CRONSIM, QUARTZ, VIXIE, CRONITER = "cronsim", "Quartz", "crontab(5)", "croniter"
MARCH, OCTOBER = "2021-03-28", "2021-10-31"  # Europe/Riga: 03:00 becomes 04:00, 04:00 becomes 03:00
RIGA = "Europe/Riga"

NAIVE_CASES = [
    (CRONSIM, "1 1 L * *", "2020-01-01", ["2020-01-31T01:01"]),
    (CRONSIM, "1 1 * * 5L", "2020-01-01", ["2020-01-31T01:01", "2020-02-28T01:01", "2020-03-27T01:01"]),
    (CRONSIM, "1 1 * * 0L", "2020-01-01", ["2020-01-26T01:01"]),
    (CRONSIM, "1 1 * * 7L", "2020-01-01", ["2020-01-26T01:01"]),
    (CRONSIM, "1 1 * * 1#2", "2020-01-01", ["2020-01-13T01:01"]),
    (CRONSIM, "0-10/2 0 * * *", "2020-01-01", ["2020-01-01T00:00", "2020-01-01T00:02", "2020-01-01T00:04"]),
    (CRONSIM, "5/15 0 * * *", "2020-01-01", ["2020-01-01T00:05", "2020-01-01T00:20", "2020-01-01T00:35"]),
    (CRONSIM, "0 0 * * sun-tue", "2020-01-01", ["2020-01-05T00:00", "2020-01-06T00:00", "2020-01-07T00:00"]),
    (CRONSIM, "0 0 * * */2", "2020-01-01", ["2020-01-02T00:00", "2020-01-04T00:00", "2020-01-05T00:00"]),
    (VIXIE, "5 0 * * *", "2024-02-28T12:00", ["2024-02-29T00:05", "2024-03-01T00:05"]),
    (VIXIE, "15 14 1 * *", "2024-01-02", ["2024-02-01T14:15", "2024-03-01T14:15"]),
    (VIXIE, "0 22 * * 1-5", "2024-05-03", ["2024-05-03T22:00", "2024-05-06T22:00"]),
    (
        VIXIE,
        "23 0-23/2 * * *",
        "2024-01-01T20:00",
        ["2024-01-01T20:23", "2024-01-01T22:23", "2024-01-02T00:23"],
    ),
    (VIXIE, "5 4 * * sun", "2024-01-01", ["2024-01-07T04:05"]),
    (VIXIE, "30 4 1,15 * 5", "2024-03-01", ["2024-03-01T04:30", "2024-03-08T04:30", "2024-03-15T04:30"]),
    (VIXIE, "0 0 1,15 * wed", "2024-01-01", ["2024-01-01T00:00", "2024-01-03T00:00", "2024-01-10T00:00"]),
    (QUARTZ, "0 12 * * ?", "2000-02-01T09:00", ["2000-02-01T12:00", "2000-02-02T12:00"]),
    (QUARTZ, "15 10 ? * *", "2000-02-01T11:00", ["2000-02-02T10:15"]),
    (QUARTZ, "0/5 14 * * ?", "2000-02-01T14:52", ["2000-02-01T14:55", "2000-02-02T14:00"]),
    (QUARTZ, "0/5 14,18 * * ?", "2000-02-01T14:52", ["2000-02-01T14:55", "2000-02-01T18:00"]),
    (
        QUARTZ,
        "0-5 14 * * ?",
        "2000-02-01T14:04",
        ["2000-02-01T14:04", "2000-02-01T14:05", "2000-02-02T14:00"],
    ),
    (QUARTZ, "10,44 14 ? 3 WED", "2000-02-01", ["2000-03-01T14:10", "2000-03-01T14:44", "2000-03-08T14:10"]),
    (QUARTZ, "15 10 ? * MON-FRI", "2000-02-04T12:00", ["2000-02-07T10:15"]),
    (QUARTZ, "15 10 15 * ?", "2000-02-16", ["2000-03-15T10:15"]),
    (QUARTZ, "15 10 L * ?", "2000-02-01", ["2000-02-29T10:15", "2000-03-31T10:15"]),
    (QUARTZ, "15 10 L-2 * ?", "2000-02-01", ["2000-02-27T10:15", "2000-03-29T10:15"]),
    (QUARTZ, "0 12 1/5 * ?", "2000-02-01", ["2000-02-01T12:00", "2000-02-06T12:00", "2000-02-11T12:00"]),
    (QUARTZ, "11 11 11 11 ?", "2000-02-01", ["2000-11-11T11:11", "2001-11-11T11:11"]),
    (QUARTZ, "0 0 1W * ?", "2000-01-01", ["2000-01-03T00:00", "2000-02-01T00:00"]),
    (QUARTZ, "0 0 15W * ?", "2000-01-01", ["2000-01-14T00:00", "2000-02-15T00:00"]),
    (QUARTZ, "0 0 LW * ?", "2000-04-01", ["2000-04-28T00:00", "2000-05-31T00:00"]),
    (QUARTZ, "0 0 ? * FRI#3", "2000-01-01", ["2000-01-21T00:00", "2000-02-18T00:00"]),
    (
        QUARTZ,
        "0 22-2 * * ?",
        "2000-01-01T21:00",
        ["2000-01-01T22:00", "2000-01-01T23:00", "2000-01-02T00:00"],
    ),
    (CRONITER, "*/15 1-2 * * *", "2010-01-25T02:40", ["2010-01-25T02:45", "2010-01-26T01:00"]),
    (CRONITER, "0 0 * * sat,sun", "2010-01-25", ["2010-01-30T00:00", "2010-01-31T00:00", "2010-02-06T00:00"]),
    (CRONITER, "0 0 29 2 *", "2096-03-01", ["2104-02-29T00:00", "2108-02-29T00:00"]),
    (CRONITER, "0 0 l * *", "2021-02-01", ["2021-02-28T00:00", "2021-03-31T00:00"]),
    (CRONITER, "0 0 * * L5", "2010-03-01", ["2010-03-26T00:00", "2010-04-30T00:00"]),
    (CRONITER, "0 0 31W * *", "2026-04-01", ["2026-04-30T00:00", "2026-05-29T00:00"]),
]

DST_CASES = [
    ("0 * * * *", f"{MARCH}T01:30", ["28T02:00+02", "28T04:00+03"]),
    ("0 * * * *", f"{OCTOBER}T01:30", ["31T02:00+03", "31T03:00+03", "31T03:00+02", "31T04:00+02"]),
    ("*/30 * * * *", f"{MARCH}T02:10", ["28T02:30+02", "28T04:00+03", "28T04:30+03"]),
    ("*/30 * * * *", f"{OCTOBER}T03:10", ["31T03:30+03", "31T03:00+02", "31T03:30+02", "31T04:00+02"]),
    ("*/15 * * * *", f"{MARCH}T02:40", ["28T02:45+02", "28T04:00+03"]),
    ("0 */2 * * *", f"{MARCH}T01:30", ["28T02:00+02", "28T04:00+03", "28T06:00+03"]),
    ("0 */2 * * *", f"{OCTOBER}T01:30", ["31T02:00+03", "31T04:00+02", "31T06:00+02"]),
    ("30 */2 * * *", f"{MARCH}T01:30", ["28T02:30+02", "28T04:30+03"]),
    ("0 */3 * * *", f"{OCTOBER}T01:30", ["31T03:00+03", "31T03:00+02", "31T06:00+02"]),
    ("0 1,2,3,4,5 * * *", f"{MARCH}T01:30", ["28T02:00+02", "28T04:00+03", "28T05:00+03"]),
    ("0 1,2,3,4,5 * * *", f"{OCTOBER}T01:30", ["31T02:00+03", "31T03:00+03", "31T04:00+02"]),
    ("30 1,2,3,4,5 * * *", f"{MARCH}T01:31", ["28T02:30+02", "28T04:00+03", "28T04:30+03"]),
    ("0 3 * * *", "2021-03-27T01:30", ["27T03:00+02", "28T04:00+03", "29T03:00+03"]),
    ("0 3 * * *", f"{OCTOBER}T01:30", ["31T03:00+03", "01T03:00+02"]),
    ("0 4 * * *", "2021-03-27T01:30", ["27T04:00+02", "28T04:00+03", "29T04:00+03"]),
    ("15 3 * * *", "2021-03-27T00:00", ["27T03:15+02", "28T04:00+03", "29T03:15+03"]),
    ("15 3 * * *", "2021-10-30T00:00", ["30T03:15+03", "31T03:15+03", "01T03:15+02"]),
    (
        f"0 {','.join(map(str, range(24)))} * * *",
        f"{OCTOBER}T01:30",
        ["31T02:00+03", "31T03:00+03", "31T04:00+02"],
    ),
    ("0 1-5 * * *", f"{OCTOBER}T01:30", ["31T02:00+03", "31T03:00+03", "31T04:00+02"]),
    ("* * * * *", f"{MARCH}T02:58:30", ["28T02:59+02", "28T04:00+03"]),
    ("* * * * *", f"{OCTOBER}T03:58:30", ["31T03:59+03", "31T03:00+02", "31T03:01+02"]),
]

REFUSED = [
    "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * 0 *",
    "* * * * 8", "*/0 * * * *", "* * * * 1#0", "* * * * 1#6", "* * 30 2 *", "* * 31 4 *", "* * 31 2,4,6,9,11 *",
    "* * * * 5L-6", "* * * * 5L#1", "* * * * 5L/3", "1-1_0 * * * *", "-1 * * * *", "2/ * * * *", "/2 * * * *",
    "1//2 * * * *", "1##1 * * * *", "¹ * * * *", "* * * foo *", "* * * * foo", "a-b * * * *", "1- * * * *",
    "*-5 * * * *", "* * * * L", "@reboot", "@never", "H * * * *", "R * * * *", "1,,2 * * * *", ", * * * *",
]  # fmt: skip


@pytest.mark.parametrize(("source", "expression", "since", "expected"), NAIVE_CASES)
def test_published_case(source: str, expression: str, since: str, expected: list[str]) -> None:
    found = islice(cron_slots(parse_cron(expression), datetime.fromisoformat(since)), len(expected))
    assert [slot.isoformat(timespec="minutes") for slot in found] == expected, source


@pytest.mark.parametrize(("expression", "since", "expected"), DST_CASES)
def test_published_case_at_a_change_of_offset(expression: str, since: str, expected: list[str]) -> None:
    schedule = Schedule(parse_spec({"cron": expression, "timezone": RIGA}))
    asked = datetime.fromisoformat(since).replace(tzinfo=schedule.zone)
    found = [each.local.strftime("%dT%H:%M%z")[:-2] for each in schedule.next(asked, len(expected))]
    assert found == expected


@pytest.mark.parametrize("expression", REFUSED)
def test_refused(expression: str) -> None:
    with pytest.raises(ScheduleRefused, match=r"^cron: "):
        parse_cron(expression)


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda each: f"{each.dialect}: {each.expression}")
def test_listed_deviation_is_true_of_us(deviation: object) -> None:
    expression, ours = deviation.expression, deviation.ours  # type: ignore[attr-defined]
    if ours == "refused":
        with pytest.raises(ScheduleRefused):
            parse_cron(expression)
    else:
        assert parse_cron(expression)


# What `ours` of a row says in words, as the first slots from 1 April 2026, a Wednesday.
OURS = {
    "0 0 1/1 * mon": ["04-01", "04-02", "04-03"],
    "0 0 13 * 0-6": ["04-01", "04-02", "04-03"],
    "0 0 13 * fri": ["04-03", "04-10", "04-13"],
    "0 0 * * *,sat#3": ["04-01", "04-02", "04-03"],
    "0 0 * * 5,6#3": ["04-03", "04-10", "04-17", "04-18"],
    "0 0 * * mon,L5": ["04-06", "04-13", "04-20", "04-24"],
    "0 9 1,15W * *": ["04-01", "04-15", "05-01", "05-15"],
    "0 0 31W * *": ["04-30", "05-29", "06-30", "07-31"],
    "0 0 15W * *": ["04-15", "05-15", "06-15"],
    "0 0 ? * mon": ["04-06", "04-13"],
    "0 0 * * 7/2": ["04-02", "04-04", "04-05", "04-07"],
    "0 0 L-3 * *": ["04-27", "05-28", "06-27"],
}


@pytest.mark.parametrize(("expression", "days"), OURS.items())
def test_the_words_of_a_row_are_what_fires(expression: str, days: list[str]) -> None:
    assert expression in {deviation.expression for deviation in DEVIATIONS}
    found = islice(cron_slots(parse_cron(expression), datetime(2026, 4, 1)), len(days))
    assert [slot.strftime("%m-%d") for slot in found] == days


def test_a_step_longer_than_its_field_names_the_first_value() -> None:
    assert parse_cron("*/70 * * * *").minutes == (0,)


@pytest.mark.parametrize("first", range(8))
@pytest.mark.parametrize("step", range(1, 8))
def test_a_step_from_a_weekday_runs_to_saturday_and_seven_is_sunday(first: int, step: int) -> None:
    assert parse_cron(f"0 0 * * {first}/{step}").weekdays.days == tuple(range(first % 7, 7, step))


def test_deviations_from_croniter_are_still_true_of_croniter() -> None:
    base = datetime(2026, 4, 1)
    assert croniter("0 0 * 5-5 *", base).get_next(datetime) == datetime(2026, 4, 2)
    assert croniter("0 0 16W * mon", base).get_next(datetime) == datetime(2026, 4, 16)
    for refused in ("0 0 * * 5L", "0 0 LW * *", "0 0 L-3 * *"):
        with pytest.raises(ValueError, match="not acceptable"):
            croniter(refused, base)
    for refused in ("0 0 * * 5,6#3", "0 0 * * mon,L5", "0 9 1,15W * *"):
        with pytest.raises(ValueError, match=r"."):
            croniter(refused, base)
    assert croniter("0 0 * * *,sat#3", base).get_next(datetime) == datetime(2026, 4, 18)
    assert croniter("0 0 25-L * *", base).get_next(datetime) == datetime(2026, 4, 25)
    fold = Schedule(parse_spec({"cron": "30 1 * * *", "timezone": "America/New_York"}))
    midnight = datetime(2026, 11, 1, tzinfo=fold.zone)
    theirs = croniter("30 1 * * *", midnight)
    both = [theirs.get_next(datetime).utcoffset() for _ in range(2)]
    assert both == [timedelta(hours=-4), timedelta(hours=-5)]
    assert [each.local.day for each in fold.next(midnight, 2)] == [1, 2]
