"""Guardrails of a rollout: what is measured after a cutover, how far it may go, and what was crossed. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a measure may go before a rollout halts.

    A rate is judged from `least_executions` ended executions (or messages) on: one failure out of two says nothing.
    `times_before` is how many times the old application's own error rate is put up with.
    """

    error_rate: float = 0.05
    times_before: float = 2.0
    latency: timedelta = timedelta(seconds=30)
    unsubscribe_rate: float = 0.02
    least_executions: int = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened to some organizations since a moment.

    `latency` is the 95th percentile from the start of an execution to its first step. `on_in_both` are workflows of
    ours that the old application was told to execute again: each would send everything twice.
    """

    ended: int = 0
    failed: int = 0
    messages: int = 0
    unsubscribed: int = 0
    latency: timedelta | None = None
    waiting: timedelta | None = None
    on_in_both: tuple[str, ...] = ()
    draining: int = 0

    @property
    def error_rate(self) -> float:
        return self.failed / self.ended if self.ended else 0.0

    @property
    def unsubscribe_rate(self) -> float:
        return self.unsubscribed / self.messages if self.messages else 0.0


def crossed(now: Measured, rate_before: float, limits: Limits) -> tuple[str, ...]:
    """A sentence for each guardrail that was crossed; none means that the rollout may go on."""
    allowed = max(limits.error_rate, limits.times_before * rate_before)
    found = []
    if now.on_in_both:
        found.append(
            f"{len(now.on_in_both)} workflows that are executed here were switched on in the old application again "
            f"({', '.join(now.on_in_both[:5])})"
        )
    if now.ended >= limits.least_executions and now.error_rate > allowed:
        found.append(f"{now.failed} of {now.ended} executions failed; {allowed:.1%} is the limit")
    if now.messages >= limits.least_executions and now.unsubscribe_rate > limits.unsubscribe_rate:
        found.append(
            f"{now.unsubscribed} unsubscribed after {now.messages} messages; {limits.unsubscribe_rate:.1%} is the limit"
        )
    slowest = max((late for late in (now.latency, now.waiting) if late is not None), default=timedelta())
    if slowest > limits.latency:
        found.append(
            f"executions wait {slowest.total_seconds():.0f} s for their first step; {limits.latency.total_seconds():.0f} s is the limit"
        )
    return tuple(found)
