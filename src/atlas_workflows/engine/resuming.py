"""Where a failed execution goes on: its state just before the failure, with what was under way asked for again. Pure."""

from datetime import datetime

from atlas_workflows.engine.state import State, Status, Token

_ASKED_AGAIN = frozenset({Status.READY, Status.EFFECT})


def resumed(before: State, now: datetime) -> State:
    """The state that the next `Woken` lets go on.

    Steps that failed or were under way are tried anew from the first attempt, under the same key: what the ledger knows as
    done is not done again. Waits keep their times.
    """
    state = before.copy()
    state.outcome = state.reason = state.finished_at = None
    state.active_seconds = 0.0
    state.last_at = max(now, before.last_at)
    state.tokens = {token.id: _again(token, state.last_at) for token in before.tokens.values()}
    return state


def _again(token: Token, now: datetime) -> Token:
    if token.status not in _ASKED_AGAIN:
        return token
    held = token.in_status(Status.RETRY)
    held.attempt, held.due_at, held.details = 0, now, {}
    return held


def asked_again(before: State) -> list[str]:
    """The nodes whose steps are tried anew, in the order in which they were come to."""
    return [token.node for token in before.tokens.values() if token.status in _ASKED_AGAIN]
