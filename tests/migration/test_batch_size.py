"""Batch sizes follow the time target, within their bounds."""

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from atlas_workflows.migration.request import Scope
from hypothesis import given
from hypothesis import strategies as some

from atlas_workflows.migration.movement.ranges import cuts_wanted, ranges_between
from atlas_workflows.migration.movement.tenants import resolve_scope
from atlas_workflows.migration.pace.batch_size import (
    BatchBounds,
    first_batch_size,
    first_gentle_size,
    next_batch_size,
    next_gentle_size,
)
from atlas_workflows.migration.pace.throttle import LONGEST_PAUSE, Throttle, next_throttle, rest
from atlas_workflows.rollout.cohorts import PHASES, Cohort, membership

BOUNDS = BatchBounds(rows=1_000, bytes=1_000_000, seconds=1.0)


@pytest.mark.parametrize(
    ("size", "rows", "seconds", "expected"),
    [
        (200, 200, 0.1, 400),  # fast: doubled, not more
        (400, 400, 0.8, 500),
        (800, 800, 0.5, 1_000),  # the bound on rows
        (800, 800, 10.0, 200),  # slow: a quarter, not less
        (20, 20, 50.0, 10),  # never below the least
        (800, 1, 1.0, 10),  # one huge row: start again from the bottom
        (500, 0, 0.0, 500),  # nothing learned
    ],
)
def test_next_size(size: int, rows: int, seconds: float, expected: int) -> None:
    assert next_batch_size(size, rows, seconds, BOUNDS) == expected


@given(some.integers(1, 5_000), some.integers(0, 5_000), some.floats(0, 1_000))
def test_sizes_stay_in_bounds(size: int, rows: int, seconds: float) -> None:
    size = min(size, BOUNDS.rows)
    assert 1 <= next_batch_size(size, min(rows, size), seconds, BOUNDS) <= BOUNDS.rows


def test_the_first_batch_is_small() -> None:
    assert first_batch_size(BOUNDS) == 50
    assert first_batch_size(BatchBounds(rows=5, bytes=1, seconds=1)) == 5


def test_a_suffering_query_slows_us_down_and_relief_speeds_us_up() -> None:
    state = Throttle(baseline=0.002)
    for _ in range(20):
        state = next_throttle(state, latency=0.050)
    assert state.pause == LONGEST_PAUSE
    assert rest(state, batch_seconds=0.5) == 2.0  # at least a fifth of the time goes into the work
    for _ in range(40):
        state = next_throttle(state, latency=0.002)
    assert state.pause == 0.0


def test_three_milliseconds_more_are_tolerated_and_lag_is_not() -> None:
    state = Throttle(baseline=0.001)
    assert next_throttle(state, latency=0.0039).pause == 0.0
    assert next_throttle(state, latency=0.0041).pause > 0.0
    assert next_throttle(state, latency=0.001, lag=60.0).pause > 0.0


@pytest.mark.parametrize(
    ("size", "rows", "taken", "expected"),
    [
        (10, 10, 6_000, 20),  # small rows: doubled, not more
        (100, 100, 81_920, 100),
        (100, 100, 327_680, 25),
        (25, 25, 10_000_000, 1),  # one huge row among them
        (800, 800, 10_000, 1_000),  # the bound on rows
        (25, 3, 81_920, 3),  # cut short by its bytes
        (25, 0, 0, 25),  # nothing learned
    ],
)
def test_beside_a_live_application_bytes_steer_the_size(
    size: int, rows: int, taken: int, expected: int
) -> None:
    assert next_gentle_size(size, rows, taken, BOUNDS) == expected
    assert first_gentle_size(BOUNDS) == 10


def test_a_lower_latency_becomes_the_baseline_and_a_higher_one_only_slowly() -> None:
    assert next_throttle(Throttle(baseline=0.010), latency=0.002).baseline == 0.002
    assert next_throttle(Throttle(baseline=0.010), latency=0.500).baseline == pytest.approx(0.01002)


def test_ranges_cover_every_key_once() -> None:
    ranges = ranges_between("workflows", ["b", "d"], 10)
    assert [(item.low, item.high) for item in ranges] == [(None, "b"), ("b", "d"), ("d", None)]
    assert sum(item.rows for item in ranges) == 10


@pytest.mark.parametrize(
    ("rows", "workers", "cuts"), [(100, 8, 0), (10_000, 1, 0), (10_000, 2, 3), (5_000, 4, 1)]
)
def test_cuts(rows: int, workers: int, cuts: int) -> None:
    assert cuts_wanted(rows, workers) == cuts


ORGANIZATIONS = frozenset(str(UUID(int=number, version=4)) for number in range(1_000))


def test_a_percentage_takes_the_same_organizations_as_a_cohort_of_the_phases() -> None:
    for percent in (0, 1, 10, 50, 100):
        cohort = Cohort(PHASES, Decimal(percent))
        chosen = resolve_scope(Scope(percent=percent), ORGANIZATIONS).covered
        assert chosen is not None
        assert chosen == {item for item in ORGANIZATIONS if membership(cohort, UUID(item)).included}


def test_a_higher_percentage_only_adds_organizations() -> None:
    chosen = [
        resolve_scope(Scope(percent=percent), ORGANIZATIONS).covered or frozenset()
        for percent in range(0, 101, 10)
    ]
    assert all(small <= large for small, large in pairwise(chosen))
    assert (len(chosen[0]), len(chosen[-1])) == (0, len(ORGANIZATIONS))
    assert 0 < len(chosen[5]) < len(ORGANIZATIONS)


def test_a_calm_batch_is_followed_by_a_rest_of_twice_its_length() -> None:
    assert rest(Throttle(baseline=0.002), batch_seconds=0.05) == 0.1
