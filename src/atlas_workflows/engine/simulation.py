"""Executions from start to end on a virtual clock: waits pass at once, effects are planned and never performed.

An execution may start others: sub-workflows and error workflows. Those that the library holds are entered; they share
the clock and the events. The others are planned like any effect, and a remark says so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import (
    Advanced,
    Cancelled,
    Effect,
    EffectDone,
    EffectFailed,
    Event,
    Happened,
    StepRecord,
    Waiting,
    Woken,
)
from atlas_workflows.engine.failing import ERROR_START
from atlas_workflows.engine.nesting import STARTS, data_for, entry_of, execution_id, report_of
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State
from atlas_workflows.graph.model import Workflow

MAX_TURNS = 20_000  # of the clock and of answers to effects, all executions together
MAX_ALL_STEPS = 20_000  # of all executions of one simulation
MAX_EXECUTIONS = 1_000  # of one simulation
LAST_YEAR = 9_000  # on the virtual clock

Library = Callable[[str], Program | None]


@dataclass(slots=True)
class Simulation:
    """One execution as it went. `effects` holds what was planned and not failed; `waits` what is still waited for.

    Of the first execution, `nested` holds all others in the order of their start, and `story` the steps of all in the
    order in which they came. `remarks` says by effect key what was only planned, and why.
    """

    workflow: Workflow
    state: State
    steps: list[StepRecord] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    waits: tuple[Waiting, ...] = ()
    started_by: Effect | None = None
    nested: list["Simulation"] = field(default_factory=list)
    story: list[tuple["Simulation", StepRecord]] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The execution's outcome, or "waiting" where only events that did not come would let it go on."""
        return self.state.outcome or "waiting"

    @property
    def is_awaited(self) -> bool:
        """Whether the execution that started this one waits for its result."""
        return self.started_by is not None and bool(self.started_by.content["wait_for_result"])


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
    library: Library = lambda workflow: None,  # noqa: ARG005
) -> Simulation:
    """Execute a workflow from the aware instant `at`.

    `failures`: how many attempts fail, per node of this workflow. Events before `at` are what waits that look back
    find. `between` is applied to every state after every step of the clock (tests send it through JSON). `library`
    gives the program of a workflow that is started by id, or None.
    """
    ordered = sorted(events, key=lambda event: event.at)
    earlier = tuple(
        {"type": event.type, "at": event.at.isoformat(), "data": dict(event.data)}
        for event in ordered
        if event.at < at
    )
    begun = start(program, trigger, data, at, execution=execution, subject=subject, events=earlier)
    world = _World(library, [event for event in ordered if event.at >= at], dict(failures or {}), between, at)
    world.enter(_Run(program, Simulation(program.workflow, begun.state)), begun)
    world.play()
    first = world.runs[0].seen
    first.nested = [run.seen for run in world.runs[1:]]
    first.story, first.remarks = world.story, world.remarks
    return first


@dataclass(slots=True)
class _Run:
    """One execution under way."""

    program: Program
    seen: Simulation
    starter: "_Run | None" = None
    known: Mapping[str, Any] = field(default_factory=dict)  # of the contact, when it was started
    pending: list[Effect] = field(default_factory=list)
    wake_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.seen.state.is_over


@dataclass(slots=True)
class _World:
    library: Library
    events: list[Happened]
    failures: dict[str, int]
    between: Callable[[State], State]
    now: datetime
    runs: list[_Run] = field(default_factory=list)
    live: list[_Run] = field(default_factory=list)
    story: list[tuple[Simulation, StepRecord]] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    def enter(self, run: _Run, begun: Advanced) -> None:
        self.runs.append(run)
        self.live.append(run)
        self._take(run, begun)

    def play(self) -> None:
        for _ in range(MAX_TURNS):
            if not (self._answer_an_effect() or self._close_an_execution() or self._let_time_pass()):
                return
            if len(self.story) > MAX_ALL_STEPS:
                self._give_up(
                    f"All executions together took more than {MAX_ALL_STEPS:,} steps (MAX_ALL_STEPS)."
                )
                return
        self._give_up(f"More than {MAX_TURNS:,} turns (MAX_TURNS).")

    def _take(self, run: _Run, advanced: Advanced) -> None:
        seen = run.seen
        seen.steps += advanced.steps
        seen.waits = advanced.waits
        seen.state = self.between(advanced.state)
        self.story += [(seen, step) for step in advanced.steps]
        run.pending += advanced.effects
        run.wake_at = advanced.wake_at

    def _tell(self, run: _Run, event: Event) -> None:
        self._take(run, advance(run.program, run.seen.state, event, self.now))

    def _answer_an_effect(self) -> bool:
        for run in self.live:
            if run.is_over:
                # What ends with an execution is not asked for any more; only its error workflow still starts.
                run.pending = [effect for effect in run.pending if effect.key.endswith(ERROR_START)]
            if run.pending:
                self._answer(run, run.pending.pop(0))
                return True
        return False

    def _answer(self, run: _Run, effect: Effect) -> None:
        """Plays the outside world: it fails as often as asked, else it succeeds with nothing to say."""
        is_asked_to_fail = run is self.runs[0] and not effect.key.endswith(ERROR_START)
        left = self.failures.get(effect.node, 0) if is_asked_to_fail else 0
        if left > 0:
            self.failures[effect.node] = left - 1
            failed = EffectFailed(effect.key, "provider", "The provider failed, as asked for.")
            self._tell(run, failed)
            return
        before = self._started_before(effect)
        if before is not None:
            # Another attempt at a sub-workflow waits for the one that the first has started; it may have ended since.
            if before not in self.live:
                self._tell_the_starter(before)
            return
        run.seen.effects.append(effect)
        nested = self._nested(run, effect) if effect.kind in STARTS else None
        if nested is None:
            self._tell(run, EffectDone(effect.key))
        elif not nested.seen.is_awaited:
            self._tell(run, EffectDone(effect.key, {"execution": nested.seen.state.execution}))

    def _started_before(self, effect: Effect) -> _Run | None:
        if effect.kind not in STARTS:
            return None
        starts = ((run, run.seen.started_by) for run in self.runs)
        return next((run for run, start in starts if start is not None and start.key == effect.key), None)

    def _nested(self, starter: _Run, effect: Effect) -> _Run | None:
        """The execution that an effect starts, entered; None where it can only be planned."""
        program = self.library(str(effect.content["workflow_id"]))
        trigger = None if program is None else entry_of(program.workflow)
        if program is None or trigger is None or len(self.runs) >= MAX_EXECUTIONS:
            self.remarks[effect.key] = _why_only_planned(effect, program)
            return None
        parent = starter.seen.state
        begun = start(
            program,
            trigger,
            data_for(parent, effect.content),
            self.now,
            execution=execution_id(effect.key),
            subject=parent.subject,
            depth=effect.content["depth"],
            events=tuple(parent.events),
        )
        contact = parent.data.get("contact")
        known = contact if isinstance(contact, dict) else {}
        nested = _Run(program, Simulation(program.workflow, begun.state, started_by=effect), starter, known)
        self.enter(nested, begun)
        return nested

    def _close_an_execution(self) -> bool:
        for run in self.live:
            if run.is_over and not run.pending:
                self.live.remove(run)
                self._tell_the_starter(run)
                for other in [other for other in self.live if other.starter is run and other.seen.is_awaited]:
                    self._tell(other, Cancelled("The execution that waited for it has ended."))
                return True
        return False

    def _tell_the_starter(self, run: _Run) -> None:
        effect = run.seen.started_by
        if effect is not None and run.starter is not None and run.seen.is_awaited:
            self._tell(run.starter, report_of(effect.key, run.seen.workflow, run.seen.state, run.known))

    def _let_time_pass(self) -> bool:
        wake_at = min((run.wake_at for run in self.live if run.wake_at is not None), default=None)
        if self.live and self.events and (wake_at is None or self.events[0].at <= wake_at):
            event = self.events.pop(0)
            return self._move_to(event.at) and self._tell_all(event, self.live)
        if wake_at is None or not self._move_to(wake_at):
            return False
        return self._tell_all(Woken(), [run for run in self.live if run.wake_at == wake_at])

    def _tell_all(self, event: Event, runs: list[_Run]) -> bool:
        for run in list(runs):
            self._tell(run, event)
        return True

    def _move_to(self, instant: datetime) -> bool:
        if instant.year > LAST_YEAR:
            self._give_up(f"It went beyond {LAST_YEAR} (LAST_YEAR).")
            return False
        self.now = max(self.now, instant)
        return True

    def _give_up(self, reason: str) -> None:
        seen = self.runs[0].seen
        if not seen.state.is_over:
            seen.state = replace(seen.state, outcome="failed", reason=reason, finished_at=self.now)


def _why_only_planned(effect: Effect, program: Program | None) -> str:
    workflow = effect.content["workflow_id"]
    if program is None:
        return f"Planned, not entered: the workflow {workflow} was not given."
    if entry_of(program.workflow) is None:
        return f"Planned, not entered: no trigger of the workflow {workflow} is switched on."
    return f"Planned, not entered: more than {MAX_EXECUTIONS:,} executions (MAX_EXECUTIONS)."
