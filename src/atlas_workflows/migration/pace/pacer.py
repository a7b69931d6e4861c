"""How fast a worker goes: the size of its batches, its breaths within one, its rest after one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.pace.batch_size import (
    BatchBounds,
    first_batch_size,
    first_gentle_size,
    next_batch_size,
    next_gentle_size,
)
from atlas_workflows.migration.pace.probe import Probe
from atlas_workflows.migration.pace.throttle import FIRST_PAUSE, Throttle, breath, next_throttle, rest


@dataclass(slots=True)
class Pace:
    """What a worker learned so far about batch sizes and rests; without a probe, or where nobody else is, it never rests.

    A live query waits at most as long as we keep a processor in one go, so each burst of work is followed by a rest
    twice as long. Somebody who comes is met between two bursts.
    """

    bounds: BatchBounds
    size: int
    probe: Probe | None = None
    throttle: Throttle | None = None
    sleep: Callable[[float], None] = field(default=time.sleep)
    clock: Callable[[], float] = field(default=time.monotonic)
    _began: float = 0.0
    _burst_began: float = 0.0
    _rested: float = 0.0
    _was_alone: bool = False

    def begin(self) -> None:
        """A batch begins."""
        self._began = self._burst_began = self.clock()
        self._rested = 0.0

    def breathe(self) -> None:
        """Between two pieces of a batch: rest where the burst in hand was long enough to be felt."""
        if self.probe is None or self.probe.is_alone:
            return
        now = self.clock()
        if pause := breath(now - self._burst_began):
            self.sleep(pause)
            self._burst_began = self.clock()
            self._rested += self._burst_began - now

    def after(self, rows: int, taken: int) -> None:
        """Adapt to a batch of `rows` with `taken` bytes that is written, and rest where the live application needs it."""
        worked = self.clock() - self._began - self._rested
        if self.probe is None or self.probe.is_alone:
            self.size = next_batch_size(self.size, rows, worked, self.bounds)
            self._was_alone = True
            return
        gentle = next_gentle_size(self.size, rows, taken, self.bounds)
        self.size = min(first_gentle_size(self.bounds), gentle) if self._was_alone else gentle
        self._was_alone = False
        if (latency := self.probe.latency) is not None:
            state = self.throttle or Throttle(latency, FIRST_PAUSE)
            self.throttle = next_throttle(state, latency, self.probe.lag)
        if self.throttle and (pause := rest(self.throttle, worked) - self._rested) > 0:
            self.sleep(pause)


def new_pace(context: PhaseContext, probe: Probe | None) -> Pace:
    """The pace a worker begins with; the latency before its first batch is the baseline."""
    options = context.options
    bounds = BatchBounds(options.batch_rows, options.batch_bytes, options.batch_seconds)
    latency = probe.latency if probe else None
    return Pace(
        bounds=bounds,
        size=first_batch_size(bounds) if probe is None or probe.is_alone else first_gentle_size(bounds),
        probe=probe,
        throttle=None if latency is None else Throttle(latency, FIRST_PAUSE),
    )
