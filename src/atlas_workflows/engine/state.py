"""Where an execution stands: explicit, and JSON at any moment between two steps.

Tokens, frames and gatherings are never changed, only replaced: copies of a state share them. They are not frozen, because
a frozen dataclass takes three times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What a token is doing."""

    READY = "ready"
    EFFECT = "effect"  # something outside was asked for and has not been reported yet
    RETRY = "retry"  # waits for its next attempt
    WAIT = "wait"  # a wait node holds it
    GATHER = "gather"  # a merge holds it until the others come
    LOOP = "loop"  # stands at a loop while rounds go through the body


@dataclass(slots=True)
class Token:
    """A place where the execution is. `frame` names the round it belongs to; "" is outside of every loop."""

    id: int
    node: str
    frame: str
    status: Status
    since: datetime
    key: str = ""
    attempt: int = 1
    due_at: datetime | None = None
    due_port: str = "main"
    details: Mapping[str, Any] = field(default_factory=dict)  # JSON, by status

    # By hand: dataclasses.replace takes several times as long.
    def in_status(self, status: Status) -> "Token":
        """The same token in another status."""
        return Token(
            self.id,
            self.node,
            self.frame,
            status,
            self.since,
            self.key,
            self.attempt,
            self.due_at,
            self.due_port,
            self.details,
        )


@dataclass(slots=True)
class Frame:
    """A loop on its way: which token stands at it, which round this is, what the loop wants to remember.

    A frame's name is its token's id as text.
    """

    loop: str
    token: int
    parent: str
    index: int
    values: Mapping[str, Any]
    memory: Mapping[str, Any]
    variables: Mapping[str, Any]


@dataclass(slots=True)
class Gathering:
    """How many tokens have come to a merge in one frame, which of them stands for all, whether it has gone on."""

    node: str
    frame: str
    holder: int | None
    arrived: int
    needed: int | None

    def with_one_more(self) -> "Gathering":
        """The same after another token has come."""
        return Gathering(self.node, self.frame, self.holder, self.arrived + 1, self.needed)

    def gone_on(self) -> "Gathering":
        """The same without a token that stands for all."""
        return Gathering(self.node, self.frame, None, self.arrived, self.needed)


@dataclass(slots=True)
class State:
    """The whole execution. `data` holds the roots of paths: contact, trigger, organization and what else was given."""

    execution: str
    workflow: str
    subject: str
    started_at: datetime
    last_at: datetime
    data: dict[str, Any]
    variables: dict[str, Any]
    outcome: str | None = None
    reason: str | None = None
    finished_at: datetime | None = None
    active_seconds: float = 0.0
    steps: int = 0
    stored: int = 0
    next_token: int = 0
    depth: int = 0
    outputs: dict[str, Any] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    gatherings: dict[str, Gathering] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def copy(self) -> "State":
        """Independent of this one as long as values inside are replaced, not changed."""
        return State(
            self.execution,
            self.workflow,
            self.subject,
            self.started_at,
            self.last_at,
            self.data.copy(),
            self.variables.copy(),
            self.outcome,
            self.reason,
            self.finished_at,
            self.active_seconds,
            self.steps,
            self.stored,
            self.next_token,
            self.depth,
            self.outputs.copy(),
            self.tokens.copy(),
            self.frames.copy(),
            self.gatherings.copy(),
            self.visits.copy(),
            self.events.copy(),
        )

    @property
    def is_over(self) -> bool:
        return self.outcome is not None


_FIELDS = tuple(part.name for part in fields(State))
_TIMES = ("started_at", "last_at", "finished_at")


def state_to_json(state: State) -> dict[str, Any]:
    """JSON that `state_from_json` reads back to an equal state; instants as ISO texts with offset."""
    document = {name: getattr(state, name) for name in _FIELDS}
    document |= {name: _written(document[name]) for name in _TIMES}
    document["tokens"] = [_part(token) for token in state.tokens.values()]
    document["frames"] = {name: _part(frame) for name, frame in state.frames.items()}
    document["gatherings"] = {name: _part(gathering) for name, gathering in state.gatherings.items()}
    return document


def state_from_json(document: Mapping[str, Any]) -> State:
    """The state in decoded JSON; the inverse of `state_to_json`."""
    values = dict(document)
    values |= {name: _read(values[name]) for name in _TIMES}
    tokens = [_token(part) for part in values["tokens"]]
    values["tokens"] = {token.id: token for token in tokens}
    values["frames"] = {name: Frame(**part) for name, part in values["frames"].items()}
    values["gatherings"] = {name: Gathering(**part) for name, part in values["gatherings"].items()}
    values["active_seconds"] = float(values["active_seconds"])
    return State(**values)


def _part(part: Token | Frame | Gathering) -> dict[str, Any]:
    return {inner.name: _written(getattr(part, inner.name)) for inner in fields(part)}


def _token(part: Mapping[str, Any]) -> Token:
    times = {"since": _read(part["since"]), "due_at": _read(part["due_at"])}
    return Token(**{**part, **times, "status": Status(part["status"])})


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Status) else value


def _read(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)
