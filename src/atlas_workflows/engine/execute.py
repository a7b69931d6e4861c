"""One step: asks the node what it does, and does to the token what the answer says."""

from datetime import timedelta
from typing import Any

from atlas_workflows.engine.behaviour import (
    Call,
    Done,
    End,
    Fork,
    Gather,
    Outcome,
    Park,
    Perform,
    Round,
    Skipped,
    StepFailed,
)
from atlas_workflows.engine.events import Effect
from atlas_workflows.engine.failing import fail
from atlas_workflows.engine.gathering import gather
from atlas_workflows.engine.limits import MAX_STEPS
from atlas_workflows.engine.looping import close_frame, frame_of, go_round
from atlas_workflows.engine.parking import park
from atlas_workflows.engine.state import Status, Token
from atlas_workflows.engine.walk import EXITS, Walk
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import MAIN_PORT, Node


def execute(walk: Walk, token: Token) -> None:
    """Let a ready token do its node's step."""
    walk.state.steps += 1
    if walk.state.steps > MAX_STEPS:
        message = f"The execution took more than {MAX_STEPS:,} steps (MAX_STEPS)."
        walk.record(token, "failed", error=message)
        walk.end("failed", message)
        return
    site = walk.program.site(token.node)
    if site.passed_through is not None:
        walk.record(token, "skipped", port=site.continue_port, note=site.passed_through)
        walk.leave(token, site.continue_port)
        return
    if not token.key:
        token = walk.hold(token, Status.READY, key=walk.key_of(token))
    call = call_of(walk, token, site.node, walk.at)
    try:
        kind, call.parameters = walk.program.prepared(token.node)
        _apply(walk, token, call, kind.execute(call))
    except (StepFailed, AtlasError, RecursionError, ArithmeticError) as error:
        fail(walk, token, _as_failure(error), continue_port(walk, token))


def _as_failure(error: Exception) -> StepFailed:
    if isinstance(error, StepFailed):
        return error
    if isinstance(error, AtlasError):
        return StepFailed("data", error.fact)
    if isinstance(error, RecursionError):
        return StepFailed("too_large", "The data is nested too deeply.")
    return StepFailed("data", "A number or a time is out of range.")


def continue_port(walk: Walk, token: Token) -> str:
    """The port of a node that did nothing: main, else the last one (false, default, done)."""
    return walk.program.site(token.node).continue_port


def call_of(walk: Walk, token: Token, node: Node, at: Moment) -> Call:
    """What a node may look at, as of an instant."""
    frame = frame_of(walk, token)
    return Call(
        node=node,
        parameters=None,
        scope=walk.scope(frame[0] if frame else token.frame),
        at=at,
        timezone=walk.program.workflow.settings.timezone,
        key=token.key,
        subject=walk.state.subject,
        workflow=walk.state.workflow,
        depth=walk.state.depth,
        events=walk.state.events,
        memory=frame[1].memory if frame else None,
    )


def _apply(walk: Walk, token: Token, call: Call, outcome: Outcome) -> None:
    match outcome:
        case Done():
            _finish(walk, token, call, outcome)
        case Skipped(reason):
            walk.record(token, "skipped", port=MAIN_PORT, note=reason)
            walk.leave(token, MAIN_PORT)
        case Perform():
            _ask_for(walk, token, call, outcome)
        case Park():
            park(walk, token, outcome)
        case Round():
            go_round(walk, token, outcome)
        case Fork(ports):
            walk.record(token, "completed", port=", ".join(ports))
            walk.leave(token, *ports)
        case Gather():
            gather(walk, token, outcome)
        case End():
            walk.record(token, "completed", note=outcome.note)
            walk.state.tokens.pop(token.id)
            walk.end(outcome.outcome)


def _finish(walk: Walk, token: Token, call: Call, done: Done) -> None:
    walk.keep(token, done.output, done.variables)
    close_frame(walk, token)
    walk.record(
        token,
        "completed",
        input=done.input,
        output=done.output,
        port=done.port,
        note=done.note,
        unresolved=tuple(dict.fromkeys(call.unresolved)) if call.unresolved else (),
    )
    walk.leave(token, done.port)


def _ask_for(walk: Walk, token: Token, call: Call, perform: Perform) -> None:
    if walk.is_to_exit():
        walk.record(token, "skipped", note=EXITS)
        walk.end("exited", EXITS)
        return
    walk.weigh(perform.content)
    seconds = walk.program.plan.nodes[token.node].timeout_seconds
    due_at = None if seconds is None else walk.at.now + timedelta(seconds=seconds)
    details: dict[str, Any] = {
        "output": perform.output,
        "patch": dict(perform.patch),
        "is_wait": perform.is_wait,
        "input": perform.content,
        "unresolved": list(dict.fromkeys(call.unresolved)),
    }
    walk.hold(token, Status.EFFECT, due_at=due_at, details=details)
    walk.effects.append(Effect(token.node, perform.kind, token.key, walk.at.now, perform.content))
