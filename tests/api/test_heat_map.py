"""Where the squares of the schedule calendar stand, also where the clock leaps or comes twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from atlas_workflows.api.heat_map import LEVELS, ROW, TOP, heat_map, hour_of, left_of, level_of
from atlas_workflows.recurring.calendar import PILE_UP, Calendar, Fire
from atlas_workflows.time_zones import read_zone

SINCE = datetime(2026, 3, 28, 10, 7, 33, tzinfo=UTC)  # London puts its clocks forward the next night


def zone(name: str) -> ZoneInfo:
    found = read_zone(name)
    assert found
    return found


def calendar(*at: datetime, since: datetime = SINCE, days: int = 2) -> Calendar:
    fires = tuple(Fire(each, each, "o", "Iron Gym", "w", "News", "recurring.w.t") for each in sorted(at))
    return Calendar(since, since + timedelta(days=days), fires)


def test_a_row_for_each_day_and_only_the_hours_asked_for() -> None:
    drawn = heat_map(calendar(SINCE + timedelta(hours=2), SINCE + timedelta(hours=2, minutes=9)), zone("UTC"))
    assert [(day.day.day, day.squares[0].hour.hour, day.squares[-1].hour.hour) for day in drawn.days] == [
        (28, 10, 23), (29, 0, 23), (30, 0, 10),
    ]  # fmt: skip
    assert [day.top for day in drawn.days] == [TOP, TOP + ROW, TOP + 2 * ROW]
    assert drawn.height == TOP + 3 * ROW
    (square,) = drawn.loaded()
    assert (f"{square.hour:%d %H}", square.count, square.left) == ("28 12", 2, left_of(12))
    assert [day.total for day in drawn.days] == [2, 0, 0]
    assert [(bar.hour, bar.count) for bar in drawn.bars if bar.count] == [(12, 2)]
    assert drawn.most == 2


def test_every_occurrence_is_in_a_square_in_every_zone() -> None:
    at = [SINCE + timedelta(minutes=7 * number) for number in range(400)]
    for name in ("UTC", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"):
        drawn = heat_map(calendar(*at), zone(name))
        assert sum(square.count for square in drawn.loaded()) == 400, name
        assert sum(bar.count for bar in drawn.bars) == 400
        assert len({(square.left, square.top) for day in drawn.days for square in day.squares}) == sum(
            len(day.squares) for day in drawn.days
        )


def test_the_hour_that_the_clock_leaps_over_is_not_drawn() -> None:
    (_, sunday, _) = heat_map(calendar(), zone("Europe/London")).days
    assert [square.hour.hour for square in sunday.squares] == [0, *range(2, 24)]


def test_an_hour_that_comes_twice_is_one_square() -> None:
    since = datetime(2026, 10, 25, tzinfo=UTC)
    twice = [since + timedelta(minutes=30), since + timedelta(minutes=90)]
    drawn = heat_map(calendar(*twice, since=since, days=1), zone("Europe/London"))
    assert [(square.hour.hour, square.count) for square in drawn.loaded()] == [(1, 2)]
    assert {f"{hour_of(each, zone('Europe/London')):%d %H}" for each in twice} == {"25 01"}
    assert len(drawn.days[0].squares) == 23  # 00:00 came before it began


def test_darker_is_more_and_a_few_are_never_the_darkest() -> None:
    assert [level_of(count, 2) for count in range(3)] == [0, 1, 2]
    assert [level_of(count, 100) for count in (0, 1, 20, 21, 99, 100)] == [0, 1, 1, 2, 5, 5]
    for most in range(1, 300):
        levels = [level_of(count, most) for count in range(most + 1)]
        assert levels == sorted(levels)
        assert levels[0] == 0 < levels[1]
        assert levels[-1] == min(most, LEVELS)


@pytest.mark.parametrize(("together", "piles_up"), [(PILE_UP - 1, False), (PILE_UP, True)])
def test_many_at_one_instant_are_marked(together: int, piles_up: bool) -> None:
    at = [SINCE + timedelta(hours=1)] * together + [SINCE + timedelta(hours=5, seconds=n) for n in range(20)]
    assert [square.piles_up for square in heat_map(calendar(*at), zone("UTC")).loaded()] == [piles_up, False]


def test_without_anything_due_there_is_nothing_to_choose() -> None:
    drawn = heat_map(calendar(days=1), zone("UTC"))
    assert (drawn.most, drawn.loaded(), len(drawn.days)) == (0, [], 2)
    assert {square.level for day in drawn.days for square in day.squares} == {0}
