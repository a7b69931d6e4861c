"""No duplicate and no missing fire around any change of offset of any zone, against the minute-by-minute oracle.

The default run takes a sample; ATLAS_SOAK=1 takes every distinct rule set and every transition 2020–2037.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product, takewhile
from typing import Any

import pytest
from zone_oracle import MARGIN, MINUTE, Window, expected, rule_sets, transitions, walk, zone

from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

FULL = os.environ.get("ATLAS_SOAK") == "1"
PARTS = 16
EDGE = timedelta(hours=3)
ANYWHERE = datetime(2026, 3, 29, 1, tzinfo=UTC)  # looked at in zones that never change
# Half-hour change, the other hemisphere, no daylight saving in summer, Ramadan, midnight changes, 45 minutes.
SAMPLE = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Havana",
    "Pacific/Chatham",
    "Africa/Cairo",
    "America/Nuuk",
    "Asia/Beirut",
    "Antarctica/Troll",
)
Predicate = Callable[[datetime], bool]


def daily(hour: int, minute: int) -> Iterator[tuple[dict[str, Any], Predicate]]:
    def same(local: datetime) -> bool:
        return (local.hour, local.minute) == (hour, minute)

    yield {"cron": f"{minute} {hour} * * *"}, same
    yield {"every": {"amount": 1, "unit": "days", "anchor": f"2019-01-01T{hour:02}:{minute:02}"}}, same
    yield {"rrule": f"FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}", "start": "2019-01-01"}, same


def weekly(at: datetime) -> Iterator[tuple[dict[str, Any], Predicate]]:
    def same(local: datetime) -> bool:
        return (local.weekday(), local.hour, local.minute) == (at.weekday(), at.hour, at.minute)

    yield {"cron": f"{at.minute} {at.hour} * * {at.isoweekday() % 7}"}, same


def monthly(at: datetime) -> Iterator[tuple[dict[str, Any], Predicate]]:
    def same(local: datetime) -> bool:
        return (local.day, local.hour, local.minute) == (at.day, at.hour, at.minute)

    yield {"cron": f"{at.minute} {at.hour} {at.day} * *"}, same


def repeated() -> Iterator[tuple[dict[str, Any], Predicate]]:
    yield {"cron": "0 * * * *"}, lambda local: local.minute == 0
    yield {"cron": "30 * * * *"}, lambda local: local.minute == 30
    yield {"cron": "*/30 * * * *"}, lambda local: local.minute % 30 == 0
    yield {"cron": "15 */2 * * *"}, lambda local: local.minute == 15 and local.hour % 2 == 0


def elapsed(begin: datetime, end: datetime) -> list[datetime]:
    """Every 30 minutes of elapsed time from an anchor: the wall clock plays no part."""
    anchor = datetime(2019, 1, 1, tzinfo=UTC)
    first = anchor + -((anchor - begin) // timedelta(minutes=30)) * timedelta(minutes=30)
    count = (end - first) // timedelta(minutes=30) + 1
    return [first + index * timedelta(minutes=30) for index in range(count)]


def fires(spec: dict[str, Any], name: str, window: Window, **policy: str) -> list[datetime]:
    schedule = Schedule(parse_spec({**spec, "timezone": name, **policy}))
    found = takewhile(lambda each: each.at <= window.end, schedule.since(window.begin))
    return [each.at for each in found]


def interesting_times(name: str, transition: datetime) -> set[datetime]:
    """Local minutes at the edges and in the middle of what is left out or repeated."""
    clock = zone(name)
    before = (transition - MINUTE).astimezone(clock).replace(tzinfo=None) + MINUTE
    after = transition.astimezone(clock).replace(tzinfo=None)
    low, high = min(before, after), max(before, after)
    middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
    return {low - MINUTE, low, middle, high - MINUTE, high}


def check_transition(name: str, transition: datetime) -> int:
    """Compare every schedule and policy in ±36 h; returns how many fires were compared."""
    whole_minute = transition.replace(second=0)
    window = walk(name, whole_minute - MARGIN - EDGE, whole_minute + MARGIN + EDGE)
    compared = 0
    for at in sorted(interesting_times(name, transition)):
        for spec, predicate in (*daily(at.hour, at.minute), *weekly(at), *monthly(at)):
            wanted = [local for local in window.locals if predicate(local)]
            for gap, fold in product(("next", "skip"), ("first", "second", "both")):
                compared += compare(spec, name, window, wanted, gap=gap, fold=fold, both=False)
    for spec, predicate in repeated():
        wanted = [local for local in window.locals if predicate(local)]
        for gap in ("next", "skip"):
            compared += compare(spec, name, window, wanted, gap=gap, fold="first", both=True)
    # Counted hours meet no gap, so nothing is moved to its end.
    hourly = {"rrule": "FREQ=HOURLY;BYMINUTE=0", "start": "2019-01-01"}
    wanted = [local for local in window.locals if local.minute == 0]
    compared += compare(hourly, name, window, wanted, gap="skip", fold="first", both=True)
    every = {"every": {"amount": 30, "unit": "minutes", "anchor": "2019-01-01T00:00Z"}}
    assert fires(every, name, window) == elapsed(window.begin, window.end)
    return compared


def compare(
    spec: dict[str, Any],
    name: str,
    window: Window,
    wanted: list[datetime],
    *,
    gap: str,
    fold: str,
    both: bool,
) -> int:
    right = expected(window, wanted, gap=gap, fold=fold, both=both)
    # A time whose other pass lies outside the window cannot be judged from inside it.
    inner = (window.begin + EDGE, window.end - EDGE)
    found = [at for at in fires(spec, name, window, gap=gap, fold=fold) if inner[0] <= at <= inner[1]]
    right = [at for at in right if inner[0] <= at <= inner[1]]
    assert found == right, (name, spec, gap, fold)
    # Asking at the change itself, or between the two passes of what is repeated, finds the same.
    for asked in (window.middle - MINUTE, window.middle, window.middle + timedelta(minutes=31)):
        later = fires(spec, name, Window(asked, window.end), gap=gap, fold=fold)
        assert [at for at in later if at <= inner[1]] == [at for at in right if at >= asked], (
            name,
            spec,
            asked,
        )
    return len(right)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_sample_of_zones(name: str) -> None:
    chosen = [at for at in transitions(name) if 2026 <= at.year <= 2027]
    assert chosen, "the sample is of zones that change"
    assert sum(check_transition(name, transition) for transition in chosen) > 100 * len(chosen)


def test_there_are_as_many_rule_sets_as_expected() -> None:
    # A drop would mean that the trial silently covers less.
    changing = [name for name in rule_sets() if transitions(name)]
    assert len(rule_sets()) >= 80
    assert len(changing) >= 45
    assert sum(len(transitions(name)) for name in changing) >= 1_200


@pytest.mark.skipif(not FULL, reason="ATLAS_SOAK=1 runs every rule set")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_zone(part: int, record_property: Callable[[str, object], None]) -> None:
    compared = changes = 0
    for name in rule_sets()[part::PARTS]:
        for transition in transitions(name) or (ANYWHERE,):
            compared += check_transition(name, transition)
            changes += 1
    record_property("transitions", changes)
    record_property("fires", compared)
    print(f"zones part {part}: {changes} transitions, {compared} fires compared")
    assert compared > 50 * changes
