"""Merges: the first token to come stands for all; the merge goes on once, and what comes later is absorbed."""

from collections.abc import Iterable
from datetime import timedelta

from atlas_workflows.engine.behaviour import Gather, StepFailed
from atlas_workflows.engine.failing import fail
from atlas_workflows.engine.state import Gathering, Status, Token
from atlas_workflows.engine.walk import Walk
from atlas_workflows.graph.model import MAIN_PORT


def gather(walk: Walk, token: Token, wish: Gather) -> None:
    """A token has come to a merge."""
    name = f"{token.frame}@{token.node}"
    known = walk.state.gatherings.get(name)
    if known is None:
        seconds = wish.timeout_seconds
        due_at = None if seconds is None else walk.at.now + timedelta(seconds=float(seconds))
        walk.hold(token, Status.GATHER, due_at=due_at, due_port="timeout")
        known = Gathering(token.node, token.frame, token.id, 1, wish.needed)
    else:
        walk.state.tokens.pop(token.id)
        known = known.with_one_more()
    walk.state.gatherings[name] = known
    if known.holder is not None and known.needed is not None and known.arrived >= known.needed:
        go_on(walk, known, MAIN_PORT)


def go_on(walk: Walk, gathering: Gathering, port: str) -> None:
    """Let the merge's token leave."""
    token = walk.state.tokens[gathering.holder]  # type: ignore[index]
    walk.state.gatherings[f"{gathering.frame}@{gathering.node}"] = gathering.gone_on()
    walk.state.outputs[gathering.node] = {"arrived": gathering.arrived}
    walk.record(token, "completed", output={"arrived": gathering.arrived}, port=port)
    walk.leave(token, port)


def complete_gatherings(walk: Walk) -> bool:
    """Let every merge go on to which no further token can come; whether there was one."""
    open_ = [item for item in walk.state.gatherings.values() if item.holder is not None]
    if not open_:
        return False
    places: dict[str, set[str]] = {item.frame: set() for item in open_}
    for token in walk.state.tokens.values():
        if token.frame in places:
            places[token.frame].add(token.node)
    ahead = {frame: _ahead(walk, frame, nodes) for frame, nodes in places.items()}
    complete = [item for item in open_ if item.node not in ahead[item.frame]]
    _let_go(walk, complete)
    return bool(complete)


def _ahead(walk: Walk, frame: str, nodes: set[str]) -> set[str]:
    # What leads back into a loop around the frame comes to the merges of the next round, not of this one; and what
    # comes to a merge that has gone on ends there.
    gone_on = {
        item.node for item in walk.state.gatherings.values() if item.frame == frame and item.holder is None
    }
    return walk.program.plan.ahead(nodes, walk.loops_around(frame) | gone_on)


def _let_go(walk: Walk, complete: Iterable[Gathering]) -> None:
    for item in complete:
        if walk.state.is_over:
            return
        if item.needed is None or item.arrived >= item.needed:
            go_on(walk, item, MAIN_PORT)
        else:
            _report_too_few(walk, item)


def _report_too_few(walk: Walk, item: Gathering) -> None:
    token = walk.state.tokens[item.holder]  # type: ignore[index]
    walk.state.gatherings[f"{item.frame}@{item.node}"] = item.gone_on()
    message = f"{item.arrived} branches came, {item.needed} are needed, and no other can come."
    fail(walk, token, StepFailed("quorum", message), MAIN_PORT)
