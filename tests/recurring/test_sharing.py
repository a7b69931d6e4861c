"""Whose schedules the sweep starts, by how many DAGs there would be and how many would be due at once."""

from datetime import UTC, datetime
from typing import Any

from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.sharing import Bounds, swept

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
NINE: dict[str, Any] = {"cron": "0 9 * * *"}


def entry(organization: str, number: int = 0, /, **schedule: Any) -> Entry:
    return entry_of(
        organization=organization, organization_name=organization, workflow=f"{organization}{number}", name="W", version=1,
        trigger="t", published_at=NOW, active_since=NOW, schedule={"timezone": "Europe/London", **schedule}, year=2026,
    )  # fmt: skip


def chosen(entries: list[Entry], most_dags: int = 100, most_together: int = 100, **own: Bounds) -> set[str]:
    bounds = {each.organization: Bounds(most_dags, most_together) for each in entries}
    return swept(entries, bounds | own, NOW)


def test_only_those_beyond_the_bound_go_to_the_sweep() -> None:
    gyms = [entry(name, **NINE) for name in "abcde"]
    assert chosen(gyms) == set()
    assert chosen(gyms, most_dags=3) == chosen(gyms[::-1], most_dags=3) == {"d", "e"}
    assert chosen(gyms, most_together=2) == {"c", "d", "e"}
    assert chosen(gyms[1:], most_together=2) == {"d", "e"}, "one workflow less moves one organization"


def test_a_large_one_goes_and_leaves_room_for_small_ones() -> None:
    large = [entry("a", number, cron=f"{number} 1 * * *") for number in range(10)]
    assert chosen([*large, entry("b", **NINE)], most_dags=5) == {"a"}


def test_the_same_instant_counts_however_it_is_written() -> None:
    same = [
        entry("a", **NINE), entry("b", cron="0 9 * * 1-5"), entry("c", cron="0 8 * * *", timezone="UTC"),
        entry("d", rrule="FREQ=WEEKLY;BYDAY=TU", start="2026-01-06T09:00"), entry("e", cron="0 10 * * *"),
        entry("f", **NINE, jitter_seconds=600), entry("g", **NINE, enabled=False), entry("h", cron="99 * * * *"),
    ]  # fmt: skip
    assert chosen(same, most_together=1) == {"b", "c", "d"}


def test_an_organization_may_have_bounds_of_its_own() -> None:
    gyms = [entry(name, **NINE) for name in "abc"]
    assert chosen(gyms, a=Bounds(0, 100)) == {"a"}
    assert chosen(gyms, most_together=1, c=Bounds(100, 2)) == {"b"}
