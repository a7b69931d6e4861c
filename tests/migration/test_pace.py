"""A worker's pace: short bursts with rests between them beside a live application, no rest without one."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as some

from atlas_workflows.migration.pace.batch_size import BatchBounds
from atlas_workflows.migration.pace.pacer import Pace
from atlas_workflows.migration.pace.probe import Probe
from atlas_workflows.migration.pace.throttle import Throttle

BOUNDS = BatchBounds(rows=1_000, bytes=1_000_000, seconds=0.010)
CALM, SLOW = Probe(latency=0.002), Probe(latency=0.050)
BURSTS = some.lists(some.floats(0.0002, 0.5), min_size=1, max_size=30)


@dataclass
class Clock:
    """Time that passes when somebody works or sleeps."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pace_of(clock: Clock, probe: Probe | None, throttle: Throttle | None = None) -> Pace:
    return Pace(BOUNDS, 100, probe, throttle, sleep=clock.sleep, clock=lambda: clock.now)


def work(pace: Pace, clock: Clock, bursts: list[float], rows: int = 100, taken: int = 81_920) -> None:
    """A batch of these bursts with a breath after each but the last, which the end of the batch follows."""
    pace.begin()
    for burst in bursts[:-1]:
        clock.now += burst
        pace.breathe()
    clock.now += bursts[-1]
    pace.after(rows, taken)


def test_a_burst_is_followed_by_a_rest_twice_as_long_and_the_whole_batch_is_not_rested_for_again() -> None:
    clock = Clock()
    work(pace_of(clock, CALM, Throttle(0.002)), clock, [0.004, 0.006, 0.010])
    assert clock.slept == pytest.approx([0.008, 0.012, 0.020])


def test_bursts_too_short_to_be_felt_add_up_until_they_are() -> None:
    clock = Clock()
    work(pace_of(clock, CALM, Throttle(0.002)), clock, [0.0004] * 7)
    assert clock.slept == pytest.approx([0.0024, 0.0024, 0.0008])


def test_a_busy_machine_does_not_shrink_batches_beside_a_live_application() -> None:
    clock = Clock()
    pace = pace_of(clock, CALM, Throttle(0.002))
    work(pace, clock, [5.0, 5.0])
    assert pace.size == 100
    work(pace, clock, [0.001], taken=163_840)
    assert pace.size == 50


def test_while_live_queries_suffer_the_rest_after_a_batch_grows() -> None:
    clock = Clock()
    work(pace_of(clock, SLOW, Throttle(0.002, pause=0.15)), clock, [0.050, 0.050])
    assert clock.slept == pytest.approx([0.100, 0.200])  # 300 ms in all, of which 100 were taken already


def test_without_a_probe_nobody_rests_and_the_whole_batch_steers_the_size() -> None:
    clock = Clock()
    pace = pace_of(clock, None)
    work(pace, clock, [0.004, 0.016])
    assert (clock.slept, pace.size) == ([], 50)


def test_where_nobody_else_is_nobody_rests_and_who_comes_is_met_between_two_bursts() -> None:
    clock = Clock()
    probe = Probe(latency=0.002, is_alone=True)
    pace = pace_of(clock, probe, Throttle(0.002))
    work(pace, clock, [0.004, 0.001])
    assert (clock.slept, pace.size) == ([], 200), "as without a probe"
    pace.begin()
    clock.now += 0.004
    probe.is_alone = False
    pace.breathe()
    clock.now += 0.001
    pace.after(100, 81_920)
    assert clock.slept == pytest.approx([0.008, 0.002])
    assert pace.size == 10, "the next batch must not be felt"
    work(pace, clock, [0.001], taken=8_192)
    assert pace.size == 20


@given(BURSTS)
def test_at_most_a_third_of_the_time_goes_into_the_work(bursts: list[float]) -> None:
    clock = Clock()
    work(pace_of(clock, CALM, Throttle(0.002)), clock, bursts)
    assert sum(clock.slept) >= 2 * sum(bursts) * 0.999
