"""What can happen to an execution, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows.engine.state import State


@dataclass(frozen=True, slots=True)
class Woken:
    """The clock reached a due time. Harmless when nothing is due."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened to the subject. `data.contact`, where there is one, is what is known of it from now on."""

    type: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EffectDone:
    """An effect was carried out; `result` becomes the step's output. A key that is not awaited is ignored.

    `contact` is what it changed about the subject beyond what the step itself said.
    """

    key: str
    result: Any = None
    contact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """An effect failed; `cause` is the error class."""

    key: str
    cause: str
    message: str
    may_retry: bool = True


@dataclass(frozen=True, slots=True)
class EffectHeld:
    """An effect may not be carried out before `until`; the time until then is waiting, not work."""

    key: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class EffectSkipped:
    """An effect is not carried out, on purpose; the step is skipped and the execution goes on."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nobody wants the execution any more."""

    reason: str


Event = Woken | Happened | EffectDone | EffectFailed | EffectHeld | EffectSkipped | Cancelled


@dataclass(slots=True)
class StepRecord:
    """One attempt at one node. `iteration` is the round of the innermost loop, from 0; 0 outside of loops."""

    node: str
    type: str
    iteration: int
    attempt: int
    status: str  # completed | failed | skipped | cancelled | waiting
    started_at: datetime
    finished_at: datetime | None
    key: str
    input: Any = None
    output: Any = None
    error: str | None = None
    port: str | None = None
    note: str = ""
    unresolved: tuple[str, ...] = ()


@dataclass(slots=True)
class Effect:
    """Something to do outside. The same key means the same deed: whoever performs it does it once."""

    node: str
    kind: str
    key: str
    at: datetime
    content: Any


@dataclass(slots=True)
class Waiting:
    """A token that needs the clock or an event to go on."""

    node: str
    type: str
    iteration: int
    status: str
    since: datetime
    due_at: datetime | None
    event_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an execution failed: the step ("" where it was none), the error class, and where it stood just before.

    `before` is None where a place is lost already.
    """

    node: str
    type: str
    cause: str
    message: str
    before: State | None


@dataclass(slots=True)
class Advanced:
    """The outcome of one `advance`. `wake_at` is when the clock has something to say next, None for never."""

    state: State
    steps: tuple[StepRecord, ...]
    effects: tuple[Effect, ...]
    waits: tuple[Waiting, ...]
    wake_at: datetime | None
    failure: Failure | None = None
