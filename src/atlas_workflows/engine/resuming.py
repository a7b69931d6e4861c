"""Where an execution goes on that failed or was held: what was under way is asked for again, and the pause does not count. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from atlas_workflows.engine.state import State, Status, Token

_ASKED_AGAIN = frozenset({Status.READY, Status.EFFECT})


def resumed(before: State) -> State:
    """The state that the next `Woken` lets go on.

    Steps that failed or were under way are tried anew from the first attempt, under the same key: what the ledger knows as
    done is not done again. Waits keep their times.
    """
    state = before.copy()
    state.outcome = state.reason = state.finished_at = None
    state.active_seconds = 0.0
    state.tokens = {token.id: _again(token, state.last_at) for token in before.tokens.values()}
    return state


def _again(token: Token, due_at: datetime) -> Token:
    if token.status not in _ASKED_AGAIN:
        return token
    held = token.in_status(Status.RETRY)
    held.attempt, held.due_at, held.details = 0, due_at, {}
    return held


def after_pause(state: State, held_at: datetime, resumed_at: datetime) -> State:
    """The state after a time that does not count: neither as busy, nor towards the timeout of what was asked for.

    Waits keep their times: what fell due meanwhile is due. After the first turn behind the pause this changes nothing.
    """
    if state.last_at >= resumed_at:
        return state
    missed = resumed_at - max(held_at, state.last_at)
    shifted = state.copy()
    shifted.last_at = state.last_at + missed
    shifted.tokens = {token.id: _later(token, missed) for token in state.tokens.values()}
    return shifted


def without_idling(state: State, spans: Iterable[tuple[datetime, datetime]]) -> State:
    """The state after spans in which an effect waited for its turn or for a person: they do not count as busy.

    A timeout of the step itself goes on meanwhile, for that is what it bounds.
    """
    last_at = state.last_at
    for began_at, ended_at in _joined(spans):
        if ended_at > last_at:
            last_at += ended_at - max(began_at, last_at)
    if last_at == state.last_at:
        return state
    shifted = state.copy()
    shifted.last_at = last_at
    return shifted


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """In order of time, those that meet as one."""
    joined: list[tuple[datetime, datetime]] = []
    for began_at, ended_at in sorted(spans):
        if joined and began_at <= joined[-1][1]:
            began_at, last = joined.pop()
            ended_at = max(last, ended_at)
        joined.append((began_at, ended_at))
    return joined


def _later(token: Token, missed: timedelta) -> Token:
    if token.status is not Status.EFFECT or token.due_at is None:
        return token
    held = token.in_status(token.status)
    held.due_at = token.due_at + missed
    return held


def asked_again(before: State) -> list[str]:
    """The nodes whose steps are tried anew, in the order in which they were come to."""
    return [token.node for token in before.tokens.values() if token.status in _ASKED_AGAIN]


def waited_for(before: State) -> list[str]:
    """The keys of what was under way, and is waited for again."""
    return [token.key for token in before.tokens.values() if token.status is Status.EFFECT]
