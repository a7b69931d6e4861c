"""Waits: until a time, until events came, until a condition holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from atlas_workflows.engine.behaviour import Park
from atlas_workflows.engine.foresight import next_look
from atlas_workflows.engine.state import Status, Token
from atlas_workflows.engine.walk import Walk
from atlas_workflows.expressions.condition import parse_condition, print_condition
from atlas_workflows.expressions.evaluate import compile_condition, evaluate
from atlas_workflows.graph.model import MAIN_PORT


def park(walk: Walk, token: Token, wish: Park) -> None:
    """Hold a token, unless what it waits for is already so."""
    details = {
        "events": [dict(event) for event in wish.events],
        "needs_all": wish.needs_all,
        "matched": [],
        "until": None if wish.until is None else wish.until.isoformat(),
        "condition": None if wish.condition is None else print_condition(wish.condition),
        "note": wish.note,
    } | ({"follows": list(wish.follows)} if wish.follows else {})
    held = walk.hold(token, Status.WAIT, due_at=wish.until, due_port=wish.port, details=details)
    if wish.since is not None:
        for event in walk.state.events:
            if held.id in walk.state.tokens and datetime.fromisoformat(event["at"]) >= wish.since:
                held = offer(walk, held, event)
    if held.id in walk.state.tokens and wish.condition is not None:
        recheck(walk, held)
    if held.id in walk.state.tokens and wish.until is not None and wish.until <= walk.at.now:
        pass_on(walk, held, wish.port)


def offer(walk: Walk, token: Token, event: Mapping[str, Any]) -> Token:
    """Show a waiting token an event; it goes on when that was what it waited for."""
    details = token.details
    matched = [
        place
        for place, awaited in enumerate(details["events"])
        if place not in details["matched"] and _fits(walk, token, awaited, event)
    ]
    if not matched:
        return token
    matched = sorted([*details["matched"], *matched])
    if details["needs_all"] and len(matched) < len(details["events"]):
        return walk.hold(token, Status.WAIT, details={**details, "matched": matched})
    pass_on(walk, token, MAIN_PORT, {"event": dict(event)})
    passed = token.in_status(Status.WAIT)
    passed.details = {**details, "matched": matched}
    return passed


def recheck(walk: Walk, token: Token) -> None:
    """Ask a waiting token's condition again; where it does not hold, look ahead to when time alone may change that."""
    if token.details["condition"] is None:
        return
    condition, scope = parse_condition(token.details["condition"]), walk.scope(token.frame)
    if compile_condition(condition)(scope, walk.at):
        pass_on(walk, token, MAIN_PORT)
        return
    until, look = _until(token), next_look(condition, scope, walk.at)
    due_at = min((time for time in (until, look) if time is not None), default=None)
    details = {**token.details, "until": None if until is None else until.isoformat()}
    walk.hold(token, Status.WAIT, due_at=due_at, details=details)


def is_out_of_time(walk: Walk, token: Token) -> bool:
    """Whether a waiting token that has become due is to go on though its condition does not hold."""
    until = _until(token)
    return token.details["condition"] is None or (until is not None and until <= walk.at.now)


def _until(token: Token) -> datetime | None:
    """When the wait gives up. A state written before looks ahead were kept has only its due time."""
    if "until" not in token.details:
        return token.due_at
    until = token.details["until"]
    return None if until is None else datetime.fromisoformat(until)


def pass_on(walk: Walk, token: Token, port: str, output: Mapping[str, Any] | None = None) -> None:
    """The wait is over."""
    if output is not None:
        walk.state.outputs[token.node] = dict(output)
    walk.record(token, "completed", output=output, port=port, note=token.details.get("note", ""))
    walk.leave(token, port)


def _fits(walk: Walk, token: Token, awaited: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    if awaited["type"] != event["type"]:
        return False
    condition = awaited.get("filter")
    if condition is None:
        return True
    data = event["data"]
    # What it says about the contact has been added to what is known, and must not hide the rest of it.
    roots = {name: value for name, value in data.items() if name != "contact"}
    about = {"data": data, **data, "type": event["type"], "at": event["at"]}
    scope = {**walk.scope(token.frame), **roots, "event": about}
    return evaluate(condition, scope, now=walk.at.now, timezone=walk.at.zone)
