"""The interpreter: a state and something that happened in, the next state and what to do out. Pure and deterministic."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.engine.events import (
    Advanced,
    Cancelled,
    EffectDone,
    EffectFailed,
    EffectHeld,
    EffectSkipped,
    Event,
    Happened,
    Waiting,
    Woken,
)
from atlas_workflows.engine.execute import continue_port, execute
from atlas_workflows.engine.failing import fail
from atlas_workflows.engine.gathering import complete_gatherings, go_on
from atlas_workflows.engine.limits import MAX_EVENTS_KEPT
from atlas_workflows.engine.looping import finished_rounds
from atlas_workflows.engine.moving import follow, note_moves
from atlas_workflows.engine.parking import is_out_of_time, offer, pass_on, recheck
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State, Status, Token
from atlas_workflows.engine.walk import EXITS, Walk
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import MAIN_PORT


def start(
    program: Program,
    trigger: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    execution: str,
    subject: str,
    depth: int = 0,
    events: tuple[Mapping[str, Any], ...] = (),
) -> Advanced:
    """Begin an execution at the aware instant `now`; `data` holds the roots of paths, `events` what came before."""
    variables = {v.name: v.default for v in program.workflow.variables} | dict(data.get("variables", {}))
    roots = {name: value for name, value in data.items() if name != "variables"}
    state = State(
        execution, program.workflow.id, subject, now, now, roots, variables, depth=depth, events=[*events]
    )
    walk = Walk(program, state, Moment(now, program.zone))
    missing = [v.name for v in program.workflow.variables if v.required and variables.get(v.name) is None]
    if missing:
        walk.end("failed", f"The variable {missing[0]} is required and has no value.")
    for edge in program.plan.after(trigger, MAIN_PORT):
        if not state.is_over:
            walk.spawn(edge, "")
    return _settled(walk)


def advance(program: Program, state: State, event: Event, now: datetime) -> Advanced:
    """Let an execution go on after `event` at the aware instant `now`, which must not lie before the last one.

    The state given is left as it is. An execution that is over stays so.
    """
    walk = Walk(program, state.copy(), Moment(now, program.zone))
    if not state.is_over:
        _charge_time(walk)
        _deliver(walk, event)
    return _settled(walk)


def _charge_time(walk: Walk) -> None:
    state, limit = walk.state, walk.program.workflow.settings.max_execution_seconds
    if any(_is_busy(token) for token in state.tokens.values()):
        state.active_seconds += max(0.0, (walk.at.now - state.last_at).total_seconds())
    state.last_at = walk.at.now
    if state.active_seconds >= limit:
        walk.end("timeout", f"It was busy for more than {limit:g} s (max_execution_seconds).")


def _is_busy(token: Token) -> bool:
    # Waiting, for a sub-workflow too, does not count towards max_execution_seconds.
    if token.status is Status.EFFECT:
        return not (token.details["is_wait"] or "held_until" in token.details)
    return token.status is Status.RETRY


def _deliver(walk: Walk, event: Event) -> None:
    if walk.state.is_over:
        return
    match event:
        case Woken():
            _wake_what_is_due(walk)
        case Happened():
            _take_notice(walk, event)
        case Cancelled(reason):
            walk.end("cancelled", reason)
        case EffectDone(key, result, contact):
            for token in _waiting_for(walk, key):
                _complete(walk, token, result, contact)
        case EffectHeld(key, until, _):
            for token in _waiting_for(walk, key):
                _hold_back(walk, token, until)
        case EffectSkipped(key, reason):
            for token in _waiting_for(walk, key):
                _skip(walk, token, reason)
        case EffectFailed(key, cause, message, may_retry):
            for token in _waiting_for(walk, key):
                failure = StepFailed(cause, message, may_retry=may_retry)
                fail(walk, token, failure, continue_port(walk, token))


def _waiting_for(walk: Walk, key: str) -> list[Token]:
    tokens = walk.state.tokens.values()
    return [token for token in tokens if token.key == key and token.status is Status.EFFECT]


def _complete(walk: Walk, token: Token, result: Any, contact: Mapping[str, Any]) -> None:
    details = token.details
    name = details["output"]
    try:
        walk.keep(token, result, {} if name is None else {name: result})
    except StepFailed as failure:
        fail(walk, token, failure, continue_port(walk, token))
        return
    _learn(walk, {**details["patch"], **contact})
    unresolved = tuple(details["unresolved"])
    walk.record(
        token, "completed", input=details["input"], output=result, port=MAIN_PORT, unresolved=unresolved
    )
    walk.leave(token, MAIN_PORT)


def _hold_back(walk: Walk, token: Token, until: datetime) -> None:
    seconds = walk.program.plan.nodes[token.node].timeout_seconds
    due_at = None if seconds is None else until + timedelta(seconds=seconds)
    details = {**token.details, "held_until": until.isoformat()}
    walk.hold(token, Status.EFFECT, due_at=due_at, details=details)


def _skip(walk: Walk, token: Token, reason: str) -> None:
    unresolved = tuple(token.details["unresolved"])
    given = token.details["input"]
    walk.record(token, "skipped", input=given, port=MAIN_PORT, note=reason, unresolved=unresolved)
    walk.leave(token, MAIN_PORT)


def _wake_what_is_due(walk: Walk) -> None:
    now = walk.at.now
    due = [token for token in walk.state.tokens.values() if token.due_at is not None and token.due_at <= now]
    for token in sorted(due, key=lambda token: (token.due_at, token.id)):
        if token.id not in walk.state.tokens:
            continue
        if token.status is Status.RETRY:
            walk.wake(token, attempt=token.attempt + 1)
        elif token.status is Status.EFFECT:
            failure = StepFailed("timeout", "It took longer than timeout_seconds.", may_retry=True)
            fail(walk, token, failure, continue_port(walk, token))
        elif token.status is Status.GATHER:
            go_on(walk, walk.state.gatherings[f"{token.frame}@{token.node}"], token.due_port)
        else:
            recheck(walk, token)
            if token.id in walk.state.tokens and is_out_of_time(walk, token):
                pass_on(walk, token, token.due_port)


def _take_notice(walk: Walk, event: Happened) -> None:
    seen = {"type": event.type, "at": event.at.isoformat(), "data": dict(event.data)}
    walk.state.events = [*walk.state.events, seen][-MAX_EVENTS_KEPT:]
    contact = event.data.get("contact")
    _learn(walk, contact if isinstance(contact, dict) else {})
    moved = note_moves(walk, event)
    if walk.is_to_exit():
        walk.end("exited", EXITS)
    for token in list(walk.state.tokens.values()):
        if token.status is Status.WAIT and token.details["events"]:
            offer(walk, token, seen)
        elif token.status is Status.WAIT:
            recheck(walk, token)
        if token.id in walk.state.tokens:
            follow(walk, walk.state.tokens[token.id], moved)


def _learn(walk: Walk, news: Mapping[str, Any]) -> None:
    if news:
        known = walk.state.data.get("contact")
        walk.state.data["contact"] = {**(known if isinstance(known, dict) else {}), **news}


def _settled(walk: Walk) -> Advanced:
    while not walk.state.is_over:
        if walk.ready:
            token = walk.ready.pop(walk.program.pick(len(walk.ready)))
            execute(walk, walk.state.tokens[token])
        elif not (complete_gatherings(walk) or finished_rounds(walk)):
            break
    if not walk.state.tokens:
        walk.end("completed")
    waits = tuple(
        _waiting(walk, token) for token in walk.state.tokens.values() if token.status is not Status.LOOP
    )
    return Advanced(walk.state, tuple(walk.steps), tuple(walk.effects), waits, _wake_at(walk), walk.failure)


def _waiting(walk: Walk, token: Token) -> Waiting:
    rounds = walk.rounds(token.frame)
    return Waiting(
        node=token.node,
        type=walk.program.plan.nodes[token.node].type,
        iteration=rounds[-1] if rounds else 0,
        status=token.status.value,
        since=token.since,
        due_at=token.due_at,
        event_types=tuple(event["type"] for event in token.details.get("events", ())),
    )


def _wake_at(walk: Walk) -> datetime | None:
    tokens = walk.state.tokens.values()
    times = [token.due_at for token in tokens if token.due_at is not None]
    if any(_is_busy(token) for token in tokens):
        left = walk.program.workflow.settings.max_execution_seconds - walk.state.active_seconds
        times.append(walk.at.now + timedelta(seconds=max(0.0, left)))
    return min(times, default=None)
