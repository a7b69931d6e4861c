"""An execution from start to end on a virtual clock: waits pass at once, effects are planned and never performed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import (
    Advanced,
    Effect,
    EffectDone,
    EffectFailed,
    Event,
    Happened,
    StepRecord,
    Waiting,
    Woken,
)
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State

MAX_TURNS = 20_000  # advances of one simulation
LAST_YEAR = 9_000  # on the virtual clock


@dataclass(slots=True)
class Simulation:
    """What happened. `effects` holds what was planned and not failed; `waits` what is still being waited for."""

    steps: list[StepRecord]
    effects: list[Effect]
    waits: tuple[Waiting, ...]
    state: State

    @property
    def outcome(self) -> str:
        """The execution's outcome, or "waiting" where only events that did not come would let it go on."""
        return self.state.outcome or "waiting"


@dataclass(slots=True)
class _Run:
    program: Program
    events: list[Happened]
    failures: dict[str, int]
    between: Callable[[State], State]
    steps: list[StepRecord] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    pending: list[Effect] = field(default_factory=list)

    def take(self, advanced: Advanced) -> State:
        self.steps += advanced.steps
        self.pending += advanced.effects
        return self.between(advanced.state)

    def answer(self, effect: Effect) -> Event:
        """Plays the outside world: it fails as often as asked, else it succeeds with nothing to say."""
        left = self.failures.get(effect.node, 0)
        if left > 0:
            self.failures[effect.node] = left - 1
            return EffectFailed(effect.key, "provider", "The provider failed, as asked for.")
        self.effects.append(effect)
        return EffectDone(effect.key)


def simulate(
    program: Program,
    trigger: str,
    data: Mapping[str, Any],
    at: datetime,
    *,
    execution: str,
    subject: str,
    events: Iterable[Happened] = (),
    failures: Mapping[str, int] | None = None,
    between: Callable[[State], State] = lambda state: state,
) -> Simulation:
    """Execute a workflow from the aware instant `at`.

    `failures`: how many attempts fail, per node. Events before `at` are what waits that look back find. `between`
    is applied to the state after every step of the clock (tests send it through JSON).
    """
    ordered = sorted(events, key=lambda event: event.at)
    earlier = tuple(
        {"type": event.type, "at": event.at.isoformat(), "data": dict(event.data)}
        for event in ordered
        if event.at < at
    )
    run = _Run(program, [event for event in ordered if event.at >= at], dict(failures or {}), between)
    advanced = start(program, trigger, data, at, execution=execution, subject=subject, events=earlier)
    state, now = run.take(advanced), at
    for _ in range(MAX_TURNS):
        turn = _next(run, state, advanced, now)
        if turn is None:
            break
        if turn[1].year > LAST_YEAR:
            state = replace(
                state, outcome="failed", reason=f"It went beyond {LAST_YEAR} (LAST_YEAR).", finished_at=now
            )
            break
        event, now = turn
        advanced = advance(program, state, event, now)
        state = run.take(advanced)
    else:
        state = replace(
            state, outcome="failed", reason=f"More than {MAX_TURNS:,} turns (MAX_TURNS).", finished_at=now
        )
    return Simulation(run.steps, run.effects + _never_asked_again(run), advanced.waits, state)


def _next(run: _Run, state: State, advanced: Advanced, now: datetime) -> tuple[Event, datetime] | None:
    if run.pending and not state.is_over:
        return run.answer(run.pending.pop(0)), now
    if state.is_over:
        return None
    wake_at = advanced.wake_at
    if run.events and (wake_at is None or run.events[0].at <= wake_at):
        event = run.events.pop(0)
        return event, max(event.at, now)
    return None if wake_at is None else (Woken(), max(wake_at, now))


def _never_asked_again(run: _Run) -> list[Effect]:
    # What is planned while an execution ends (starting the error workflow) has no step that waits for it.
    return [effect for effect in run.pending if effect.key.endswith("!error")]
