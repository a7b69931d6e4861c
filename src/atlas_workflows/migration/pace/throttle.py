"""How long to rest between two batches so that the live application does not feel the backfill. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

TOLERATED_RATIO = 1.3
TOLERATED_EXTRA_SECONDS = 0.003
TOLERATED_LAG_SECONDS = 10.0
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
LONGEST_REST = (
    4.0  # batches' worth of time: however noisy the machine, a fifth of the time goes into the work
)
SHORTEST_REST = 2.0  # bursts' worth of time: at most a third of the time goes into the work
# Shorter bursts than this go unnoticed; resting after each row would cost more than it gives.
FELT_SECONDS = 0.001
RECOVERY = 0.7
DRIFT = (
    1.002  # per batch, so a few percent a second: what was a calm moment an hour ago need not be one today
)

# Called between two pieces of work; it may rest.
Breathe = Callable[[], None]


def no_rest() -> None:
    """Nobody is disturbed: no rest between two pieces of work."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """The latency of a live query while we rest (`baseline`), and the pause now in force; in seconds."""

    baseline: float
    pause: float = 0.0


def limit(baseline: float) -> float:
    """The latency that is still fine: 1.3 times the baseline or 3 ms more, whichever is larger."""
    return max(baseline * TOLERATED_RATIO, baseline + TOLERATED_EXTRA_SECONDS)


def is_behind(lag: float | None) -> bool:
    """Whether the slowest replica lags more than is tolerated; None without one."""
    return lag is not None and lag > TOLERATED_LAG_SECONDS


def next_throttle(state: Throttle, latency: float, lag: float | None = None) -> Throttle:
    """Rest twice as long when a live query or a replica suffers, a little less after each good batch.

    `latency`: a live query measured while a batch ran. `lag`: replay lag of the slowest replica, None without one.
    A latency below the baseline becomes the baseline, as the first measurement may have met a busy moment; otherwise
    the baseline rises by two in a thousand at most.
    """
    suffers = latency > limit(state.baseline) or is_behind(lag)
    baseline = min(state.baseline * DRIFT, latency)
    if suffers:
        return Throttle(baseline, min(LONGEST_PAUSE, max(FIRST_PAUSE, state.pause * 2)))
    eased = state.pause * RECOVERY
    return Throttle(baseline, eased if eased >= FIRST_PAUSE / 2 else 0.0)


def breath(burst_seconds: float) -> float:
    """Seconds to rest within a batch after working for `burst_seconds` in one go: twice as long, or not at all."""
    return SHORTEST_REST * burst_seconds if burst_seconds >= FELT_SECONDS else 0.0


def rest(state: Throttle, batch_seconds: float) -> float:
    """Seconds to rest after a batch that took `batch_seconds`: twice as long at least, so that queues can empty."""
    return max(SHORTEST_REST * batch_seconds, min(state.pause, LONGEST_REST * batch_seconds))
