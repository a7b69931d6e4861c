"""Rounds: a loop's token stands at the loop while tokens of its frame go through the body, one round after another."""

from typing import Any

from atlas_workflows.engine.behaviour import Round
from atlas_workflows.engine.state import Frame, Status, Token
from atlas_workflows.engine.walk import Walk

BODY_PORT = "body"


def frame_of(walk: Walk, token: Token) -> tuple[str, Frame] | None:
    """The frame whose loop this token stands at."""
    if not walk.state.frames:
        return None
    name = str(token.id)
    frame = walk.state.frames.get(name)
    return None if frame is None else (name, frame)


def go_round(walk: Walk, token: Token, round_: Round) -> None:
    """Send a token through the body, in a frame of its own."""
    name = str(token.id)
    walk.weigh(round_.values)
    details: dict[str, Any] = {"index": round_.index, "values": round_.values, "memory": round_.memory}
    details["variables"] = round_.variables
    known = walk.state.frames.get(name)
    if known is None:
        frame = Frame(loop=token.node, token=token.id, parent=token.frame, **details)
    else:
        frame = Frame(loop=known.loop, token=known.token, parent=known.parent, **details)
    _forget(walk, name)
    walk.state.frames[name] = frame
    walk.hold(token, Status.LOOP)
    for edge in walk.program.plan.after(token.node, BODY_PORT):
        if not walk.state.is_over:
            walk.spawn(edge, name)


def close_frame(walk: Walk, token: Token) -> None:
    """The loop is over: its frame and what merges remembered in it are gone."""
    if walk.state.frames and walk.state.frames.pop(name := str(token.id), None) is not None:
        _forget(walk, name)


def finished_rounds(walk: Walk) -> bool:
    """Wake every loop whose frame has no token left; whether there was one."""
    alive = {token.frame for token in walk.state.tokens.values()}
    over = [frame for name, frame in walk.state.frames.items() if name not in alive]
    for frame in over:
        token = walk.state.tokens[frame.token]
        # The loop's own step began when it was entered, so `since` stays.
        walk.hold(token, Status.READY)
        walk.ready.append(token.id)
    return bool(over)


def _forget(walk: Walk, frame: str) -> None:
    gatherings = walk.state.gatherings
    if gatherings:
        walk.state.gatherings = {name: item for name, item in gatherings.items() if item.frame != frame}
    prefix = f"{frame}@"
    visits = walk.state.visits
    walk.state.visits = {place: count for place, count in visits.items() if not place.startswith(prefix)}
