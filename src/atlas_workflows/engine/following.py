"""Whether an execution that is under way may follow another version of its workflow: its place must still exist. Pure."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.engine.state import State, Token, state_from_json
from atlas_workflows.graph.plan import Plan


def obstacle(document: Mapping[str, Any], begun: bool, old: Plan, new: Plan) -> str | None:
    """Why it cannot follow; None where it can. `document` is its state, or how it begins."""
    if not begun:
        trigger = document["trigger"]
        is_there = trigger is None or trigger in new.triggers
        return None if is_there else f"The trigger {trigger} that it begins with is gone."
    state = state_from_json(document)
    places = [token.node for token in state.tokens.values()]
    places += [frame.loop for frame in state.frames.values()]
    places += [gathering.node for gathering in state.gatherings.values()]
    for node in dict.fromkeys(places):
        if problem := _changed(node, old, new):
            return problem
    return next((p for token in state.tokens.values() if (p := _outside(token, state, new))), None)


def _changed(node: str, old: Plan, new: Plan) -> str | None:
    if node not in new.nodes:
        return f"It is at the step {node}, which is gone."
    before, after = old.nodes.get(node), new.nodes[node]
    if before is not None and (before.type, before.version) != (after.type, after.version):
        return f"It is at the step {node}, which was {before.type} and is {after.type} now."
    return None


def _outside(token: Token, state: State, new: Plan) -> str | None:
    if not token.frame or token.node in new.body(state.frames[token.frame].loop):
        return None
    return f"It is at the step {token.node} in a round of {state.frames[token.frame].loop}, which does not hold it any more."
