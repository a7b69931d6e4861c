"""A version in the old format as a program for the worker: each turn goes on from what came of the last stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.engine.events import (
    Advanced,
    Cancelled,
    Effect,
    EffectDone,
    EffectFailed,
    EffectHeld,
    EffectSkipped,
    Event,
    Failure,
    Happened,
    StepRecord,
    Waiting,
    Woken,
)
from atlas_workflows.engine.state import State, Status, Token
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.legacy.engine.course import Course, Position, Stop
from atlas_workflows.legacy.engine.drawn import OldWorkflow
from atlas_workflows.legacy.engine.planned import PlannedEffect, PlannedStep, PlannedWait, Start
from atlas_workflows.legacy.engine.semantics import OldEngine
from atlas_workflows.legacy.execution.contents import performed_content
from atlas_workflows.legacy.execution.doors import Answered, Door

# Beside the roots of paths, under a name that no path can have: the nodes that are still to be visited, the next one last.
WAITING = "(waiting)"
_STATUSES = {"passed": "skipped"}


@dataclass(frozen=True, slots=True)
class LegacyProgram:
    """`workflow` holds the name, the triggers and the settings; `old` is the row, `engine` the one it is executed as."""

    workflow: Workflow
    old: OldWorkflow
    engine: OldEngine
    door: Door
    awaits: frozenset[str] = frozenset()
    looks_at_contact: bool = False
    looks_back: bool = False

    def hears(self, trigger: Trigger, data: Mapping[str, Any], at: Moment) -> Answered:
        """Whether the door that this trigger stands for would have let the event in."""
        return self.door.hears(trigger.type, data, at.now, self.engine)

    def start(
        self, data: Mapping[str, Any], now: datetime, *, execution: str, subject: str, depth: int
    ) -> Advanced:
        """Begin an execution."""
        roots = {name: value for name, value in data.items() if name != "variables"}
        state = State(execution, self.workflow.id, subject, now, now, roots, {}, depth=depth)
        turn = _Turn(self, state, now)
        turn.course.begin()
        return turn.settled(turn.course.go())

    def advance(self, state: State, event: Event, now: datetime) -> Advanced:
        """Let it go on after an event; the state given is left as it is."""
        turn = _Turn(self, state.copy(), now)
        return turn.advanced(turn.state) if state.is_over else turn.take(event)


class _Turn:
    """One step of an execution in progress, on its own copy of the state."""

    def __init__(self, program: LegacyProgram, state: State, now: datetime) -> None:
        self.program, self.state, self.now = program, state, now
        self.before = state.copy()
        self.course = _course(program, state, now)
        self.effects: list[Effect] = []
        self.steps: list[StepRecord] = []
        self.failure: Failure | None = None

    @property
    def token(self) -> Token | None:
        return next(iter(self.state.tokens.values()), None)

    def take(self, event: Event) -> Advanced:
        self.state.last_at = self.now
        token = self.token
        match event:
            case Cancelled(reason):
                return self._cancelled(reason)
            case Happened():
                return self.advanced(self.state)  # an old engine heard of nothing while it ran
            case Woken():
                is_due = token is not None and token.due_at is not None and token.due_at <= self.now
                return self._woken(token) if token is not None and is_due else self.advanced(self.state)
        if token is None or token.status is not Status.EFFECT or token.key != event.key:
            return self.advanced(self.state)
        return self._answered(token, event)

    def _woken(self, token: Token) -> Advanced:
        if token.status is Status.WAIT:
            self.course.passed(PlannedWait(token.node, 0.0, token.since, token.key))
            return self.settled(self.course.go())
        again = self.course.effect_again(token.node)
        return self.settled(again, token.attempt + 1)

    def _answered(
        self, token: Token, event: EffectDone | EffectFailed | EffectSkipped | EffectHeld
    ) -> Advanced:
        if isinstance(event, EffectHeld):
            details = {**token.details, "held_until": event.until.isoformat()}
            self.state.tokens = {token.id: _held(token, Status.EFFECT, details=details)}
            return self.advanced(self.state)
        effect = self.course.effect_again(token.node)
        assert effect is not None  # the node asked for one
        if isinstance(event, EffectDone):
            self.course.done(effect, event.contact)
        elif isinstance(event, EffectSkipped):
            self.course.skipped(effect, event.reason)
        else:
            self._failed(token, effect, event)
        return self.settled(self.course.go())

    def _failed(self, token: Token, effect: PlannedEffect, event: EffectFailed) -> None:
        self.course.failed(effect, f"{event.cause}: {event.message}")
        if self.course.outcome is not None:
            kind = self._type(token.node)
            self.failure = Failure(token.node, kind, event.cause, event.message, self.before)

    def settled(self, stop: Stop | None, attempt: int = 1) -> Advanced:
        """Hold what stopped it; stubs reported what they never did, and so do we."""
        while isinstance(stop, PlannedEffect) and stop.is_stub:
            self.course.done(stop)
            stop = self.course.go()
        self._record()
        if stop is None:
            self._end()
        else:
            self._hold(stop, attempt)
        position = self.course.position
        self.state.data = {**self.state.data, "contact": position.contact, WAITING: position.waiting}
        self.state.variables, self.state.visits = position.made, position.visits
        self.state.steps = position.steps
        return self.advanced(self.state)

    def _hold(self, stop: Stop, attempt: int) -> None:
        number = self.state.next_token
        self.state.next_token += 1
        if isinstance(stop, PlannedWait):
            due = stop.at + timedelta(seconds=stop.seconds)
            token = Token(number, stop.node, "", Status.WAIT, stop.at, stop.key, due_at=due)
            token.details = {"events": [], "note": f"It waits {stop.seconds:g} s, as the old engine did."}
        else:
            content = performed_content(stop, self.program.old.by_id[stop.node], self.course)
            token = Token(number, stop.node, "", Status.EFFECT, self.now, stop.key, attempt)
            token.details = {"is_wait": False, "input": content}
            self.effects.append(Effect(stop.node, stop.kind, stop.key, self.now, content))
        self.state.tokens = {number: token}

    def _record(self) -> None:
        held = self.token
        self.steps += [self._step(step, held) for step in self.course.steps]
        self.course.steps.clear()

    def _step(self, step: PlannedStep, held: Token | None) -> StepRecord:
        is_held = held is not None and held.key == step.key
        asked = held if is_held and held is not None and held.status is not Status.WAIT else None
        since = held.since if is_held and held is not None else step.at
        return StepRecord(
            node=step.node,
            type=self._type(step.node),
            iteration=self.course.position.visits.get(step.node, 1) - 1,
            attempt=1 if asked is None else asked.attempt,
            status=_STATUSES.get(step.status, step.status),
            started_at=since,
            finished_at=self.now,
            key=step.key,
            input=None if asked is None else asked.details.get("input"),
            error=step.error,
            port=step.port,
            note=step.note,
        )

    def _type(self, node: str) -> str:
        found = self.program.old.by_id[node]
        return found.word or found.type or "step"

    def _end(self) -> None:
        state, outcome = self.state, self.course.outcome
        # What the workflow's own conditions keep out has ended before its first step.
        state.outcome = "exited" if outcome == "refused" else outcome
        state.reason, state.finished_at, state.tokens = self.course.reason, self.now, {}
        if outcome == "failed" and self.failure is None:
            self.failure = Failure("", "", "configuration", state.reason or "", self.before)

    def _cancelled(self, reason: str) -> Advanced:
        token, state = self.token, self.state
        if token is not None:
            step = PlannedStep(token.node, "cancelled", token.since, None, token.key)
            self.steps.append(self._step(step, token))
        state.outcome, state.reason, state.finished_at, state.tokens = "cancelled", reason, self.now, {}
        return self.advanced(state)

    def advanced(self, state: State) -> Advanced:
        token = self.token
        waits = () if token is None else (self._waiting(token),)
        due_at = None if token is None else token.due_at
        return Advanced(state, tuple(self.steps), tuple(self.effects), waits, due_at, self.failure)

    def _waiting(self, token: Token) -> Waiting:
        return Waiting(token.node, self._type(token.node), 0, token.status.value, token.since, token.due_at)


def _course(program: LegacyProgram, state: State, now: datetime) -> Course:
    data = state.data
    start = Start(state.execution, state.started_at, event_of(data), {}, _mapping(data.get("organization")))
    position = Position(
        contact=dict(_mapping(data.get("contact"))),
        waiting=list(data.get(WAITING, ())),
        visits=dict(state.visits),
        made=dict(state.variables),
        steps=state.steps,
    )
    course = Course(program.old, start, program.engine, position)
    course.known.now = now
    return course


def event_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the old application knew as the data of the trigger: the event's facts, and what it is about beside them."""
    beside = {
        name: value
        for name, value in data.items()
        if name not in ("trigger", "contact", "organization", WAITING)
    }
    return {**beside, **_mapping(data.get("trigger"))}


def _held(token: Token, status: Status, *, details: Mapping[str, Any]) -> Token:
    held = token.in_status(status)
    held.details = details
    return held


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
