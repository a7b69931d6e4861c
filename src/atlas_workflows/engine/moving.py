"""Waits that hang on a date: they move when it does, and end when what they hang on is cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows.engine.behaviour import Park, StepFailed
from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.execute import call_of
from atlas_workflows.engine.parking import pass_on
from atlas_workflows.engine.state import Status, Token
from atlas_workflows.engine.walk import Walk
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.moment import Moment

CANCELLATIONS = frozenset({"booking_cancelled", "appointment_cancelled", "membership_cancelled"})
# What a trigger was about; an event with the same key is about the same thing.
_SAME = ("booking_id", "membership_id", "opportunity_id")


@dataclass(frozen=True, slots=True)
class Moves:
    """Roots of paths that an event may have changed, and whether what they are about is no more."""

    roots: frozenset[str]
    is_cancelled: bool


def note_moves(walk: Walk, event: Happened) -> Moves:
    """Take over what an event says of what the execution is about already."""
    data, roots = walk.state.data, set()
    for name, news in event.data.items():
        if name != "contact" and _is_same(data.get(name), news, ("id",)):
            data[name] = {**data[name], **news}
            roots.add(name)
    if _is_same(data.get("trigger"), event.data, _SAME):
        facts = {name: value for name, value in event.data.items() if not isinstance(value, Mapping)}
        data["trigger"] = {**data["trigger"], **facts}
        roots.add("trigger")
    is_cancelled = event.type in CANCELLATIONS
    return Moves(frozenset(roots if is_cancelled else roots | {"contact"}), is_cancelled)


def follow(walk: Walk, token: Token, moves: Moves) -> None:
    """Work a wait out anew whose date may have moved; the node is asked again as of when the wait began."""
    if token.status is not Status.WAIT or moves.roots.isdisjoint(token.details.get("follows", ())):
        return
    until = None if moves.is_cancelled else _until(walk, token)
    if until is None:
        walk.record(token, "cancelled", note="What it hangs on was cancelled.")
        walk.state.tokens.pop(token.id)
    elif until <= walk.at.now:
        pass_on(walk, token, token.due_port)
    elif until != token.due_at:
        walk.hold(token, Status.WAIT, due_at=until, details={**token.details, "until": until.isoformat()})


def _until(walk: Walk, token: Token) -> Any:
    site = walk.program.site(token.node)
    call = call_of(walk, token, site.node, Moment(token.since, walk.program.zone))
    try:
        kind, call.parameters = walk.program.prepared(token.node)
        wish = kind.execute(call)
    except (StepFailed, AtlasError):  # the date is gone
        return None
    return wish.until if isinstance(wish, Park) else None


def _is_same(known: Any, news: Any, keys: tuple[str, ...]) -> bool:
    if not isinstance(known, Mapping) or not isinstance(news, Mapping):
        return False
    return any(known.get(key) is not None and known.get(key) == news.get(key) for key in keys)
