"""The worker's ports with counting around them: what was written is counted, after it was written."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from atlas_workflows.engine.events import StepRecord
from atlas_workflows.monitoring.around import around
from atlas_workflows.monitoring.metrics import (
    BEGUN,
    EFFECT_SECONDS,
    EFFECTS,
    ENDED,
    ERRORS,
    EXECUTION_SECONDS,
    RETRIES,
    STALE_TURNS,
    START_DELAY,
    STEP_SECONDS,
    STEPS,
    STORE_FAILURES,
)
from atlas_workflows.monitoring.tally import Tally
from atlas_workflows.worker.model import Answer, Batch, Dispatch, End, Finished, Place, Turn
from atlas_workflows.worker.ports import Executions, Ledger, Performer, StoreUnavailable, TurnRefused

# How executions end of themselves; a workflow may give its own end any name.
OUTCOMES = frozenset({"completed", "failed", "cancelled", "timeout"})
_CLASS = re.compile(r"([a-z][a-z_]{0,39}): ")


@dataclass(frozen=True, slots=True)
class MeteredExecutions:
    """Executions, counted."""

    inner: Executions
    tally: Tally

    def promote(self) -> int:
        with _watched(self.tally, "promote"):
            return self.inner.promote()

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        # Without turns there is nothing but the claim, which the store times by itself.
        with _watched(self.tally, "checkpoint" if turns else None):
            batch, stale = self.inner.checkpoint(turns, limit)
        _count_turns(self.tally, [turn for turn in turns if turn.claimed.place not in stale])
        if stale:
            self.tally.add(STALE_TURNS, amount=len(stale))
        for claimed in batch.claimed:
            if not claimed.begun and claimed.started_at is not None:
                self.tally.observe(START_DELAY, (batch.now - claimed.started_at).total_seconds())
        return batch, stale


@dataclass(frozen=True, slots=True)
class MeteredLedger:
    """The effect ledger, counted."""

    inner: Ledger
    tally: Tally

    def exchange(self, finished: Sequence[Finished], room: Mapping[str, int]) -> list[Dispatch]:
        with _watched(self.tally, "exchange"):
            taken = self.inner.exchange(finished, room)
        for item in finished:
            self.tally.add(EFFECTS, item.dispatch.kind, type(item.answer).__name__.lower())
        return taken

    def release(self) -> int:
        return self.inner.release()

    def take_stale(self, limit: int) -> list[Dispatch]:
        return self.inner.take_stale(limit)


def metered_performer(inner: Performer, tally: Tally) -> Performer:
    """A performer whose calls are timed."""

    def timed(effect: Dispatch) -> Answer:
        began = perf_counter()
        answer = inner.perform(effect)
        tally.observe(EFFECT_SECONDS, perf_counter() - began, inner.kind)
        return answer

    return around(inner, timed)


@contextmanager
def _watched(tally: Tally, statement: str | None) -> Iterator[None]:
    """Time a transaction and count its failure."""
    try:
        if statement is None:
            yield
        else:
            with tally.timed(statement):
                yield
    except (StoreUnavailable, TurnRefused) as cause:
        error = "refused" if isinstance(cause, TurnRefused) else "unavailable"
        tally.add(STORE_FAILURES, statement or "claim", error)
        raise


def _count_turns(tally: Tally, turns: Sequence[Turn]) -> None:
    steps = [step for turn in turns for step in turn.steps]
    for (kind, status), many in Counter((step.type, step.status) for step in steps).items():
        tally.add(STEPS, kind, status, amount=many)
    for (kind, seconds), many in Counter((step.type, _seconds(step)) for step in steps).items():
        tally.observe(STEP_SECONDS, seconds, kind, times=many)
    for kind, many in Counter(step.type for step in steps if step.attempt > 1).items():
        tally.add(RETRIES, kind, amount=many)
    for name, many in Counter(_errors(turns, steps)).items():
        tally.add(ERRORS, name, amount=many)
    if begun := sum(not turn.claimed.begun for turn in turns):
        tally.add(BEGUN, amount=begun)
    _count_ends(tally, turns)


def _count_ends(tally: Tally, turns: Sequence[Turn]) -> None:
    ended = [(turn, turn.end) for turn in turns if turn.end is not None]
    for outcome, many in Counter(_outcome(end) for _, end in ended).items():
        tally.add(ENDED, outcome, amount=many)
    for turn, end in ended:
        if turn.claimed.started_at is not None:
            seconds = max(0.0, (end.at - turn.claimed.started_at).total_seconds())
            tally.observe(EXECUTION_SECONDS, seconds, _outcome(end))


def _outcome(end: End) -> str:
    return end.outcome if end.outcome in OUTCOMES else "custom"


def _errors(turns: Sequence[Turn], steps: Sequence[StepRecord]) -> Iterator[str]:
    yield from (error_class(step.error) for step in steps if step.status == "failed")
    # The end of an execution that could not go on has no state, and no step that says why.
    yield from ("engine" for turn in turns if turn.end is not None and turn.state is None)


def error_class(error: str | None) -> str:
    """The class in front of a step's error, `limit` where a step ran into one of the engine's own limits."""
    found = _CLASS.match(error or "")
    return found[1] if found else "limit"


def _seconds(step: StepRecord) -> float:
    return 0.0 if step.finished_at is None else max(0.0, (step.finished_at - step.started_at).total_seconds())
