"""What fires in the coming days, and what can be read off it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atlas_workflows.errors import InputError
from atlas_workflows.recurring.calendar import MOST_DAYS, calendar_of
from atlas_workflows.recurring.entry import Entry, entry_of

SINCE = datetime(2026, 3, 28, tzinfo=UTC)  # Saturday; London puts its clocks forward the next night


def entry(name: str, active_since: datetime = SINCE - timedelta(days=9), **schedule: Any) -> Entry:
    return entry_of(
        organization="o", organization_name="Iron Gym", workflow=name, name=name, version=1, trigger="t",
        published_at=active_since, active_since=active_since, year=2026, schedule={"timezone": "Europe/London", **schedule},
    )  # fmt: skip


def test_every_occurrence_in_order_with_the_load_of_its_hour() -> None:
    found = calendar_of(
        [entry("b", cron="0 9 * * *"), entry("a", cron="*/30 9 * * *"), entry("off", cron="0 9 * * *", enabled=False)],
        SINCE, 2,
    )  # fmt: skip
    assert [(fire.name, f"{fire.at:%d %H:%M}", f"{fire.local:%H:%M}") for fire in found.fires] == [
        ("a", "28 09:00", "09:00"), ("b", "28 09:00", "09:00"), ("a", "28 09:30", "09:30"),
        ("a", "29 08:00", "09:00"), ("b", "29 08:00", "09:00"), ("a", "29 08:30", "09:30"),
    ]  # fmt: skip
    hours = {f"{hour:%d %H}": count for hour, count in found.per_hour().items()}
    assert hours == {"28 09": 3, "29 08": 3}
    assert [(f"{at:%d %H}", count) for at, count in found.pile_ups(2)] == [("28 09", 2), ("29 08", 2)]
    assert found.pile_ups(3) == []
    assert [(f"{begin:%d %H:%M}", f"{end:%d %H:%M}") for begin, end in found.quiet()] == [
        ("28 09:30", "29 08:00"), ("29 08:30", "30 00:00"), ("28 00:00", "28 09:00"),
    ]  # fmt: skip


def test_nothing_before_it_was_published_and_nothing_twice() -> None:
    late = entry("a", SINCE + timedelta(hours=12), cron="0 9 * * *")
    assert [fire.at.day for fire in calendar_of([late], SINCE, 2).fires] == [29]
    one = calendar_of([late], SINCE, 30).fires
    assert len({fire.at for fire in one}) == len(one) == 29


def test_what_does_not_fire_is_named() -> None:
    found = calendar_of([entry("x", cron="99 * * * *"), entry("a", cron="0 9 * * *")], SINCE, 1)
    assert len(found.fires) == 1
    (broken,) = found.broken
    assert (broken.title, broken.dag_id) == ("Iron Gym · x", "recurring.x.t")
    assert "99" in broken.why
    quiet = calendar_of([], SINCE, 1)
    assert quiet.quiet() == [(SINCE, SINCE + timedelta(days=1))]


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_more_than_can_be_shown_is_refused(days: int) -> None:
    with pytest.raises(InputError, match=f"{days} days"):
        calendar_of([], SINCE, days)


def test_too_many_occurrences_are_refused_by_their_number() -> None:
    with pytest.raises(InputError, match="100000 occurrences within 366 days"):
        calendar_of([entry("a", cron="* * * * *")], SINCE, 366)
