"""What travels between the lanes and the store: claims, turns, starts, news, effects to perform and what came of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.engine.events import Effect, EffectDone, EffectFailed, Event, StepRecord
from atlas_workflows.engine.nesting import execution_id
from atlas_workflows.engine.state import State

Place = tuple[str, str]  # organization, execution
LONGEST_CALL = timedelta(seconds=120)  # the lease of an effect: nobody performs one for longer
LATELY = timedelta(
    hours=1
)  # within which entries, and executions that make each other begin, count as going in a circle


@dataclass(frozen=True, slots=True)
class Starter:
    """Which step of which execution asked for another one, what was known of the contact then, whether it waits for its end."""

    execution: str
    key: str
    known: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Start:
    """The wish that a subject enters a workflow because of `anchor`; the same wish twice makes one execution.

    `trigger` None takes the workflow's entry for other workflows. `events` are those before, for waits that look back.
    `is_owed`: the workflow has another owner by now, and had us when the event was noted.
    """

    organization: str
    workflow: str
    subject: str
    anchor: str
    trigger: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    triggered_by: str = "event"
    priority: int = 5
    depth: int = 0
    events: tuple[Mapping[str, Any], ...] = ()
    starter: Starter | None = None
    is_owed: bool = False

    @property
    def execution(self) -> str:
        """Follows from the wish; that of a step which starts a workflow follows from the step's key alone."""
        if self.triggered_by == BY_WORKFLOW:
            return execution_id(self.anchor)
        return execution_id(json.dumps([self.organization, self.workflow, self.subject, self.anchor]))

    @property
    def waiter(self) -> Starter | None:
        """Who is told how the execution ended."""
        return self.starter if self.starter is not None and self.starter.waits else None


BY_WORKFLOW = (
    "workflow"  # `triggered_by` of what another execution starts; its anchor is the key of that step
)


@dataclass(frozen=True, slots=True)
class Started:
    """What came of a wish: `started`, `enrolled` (it was before), or `refused` (not published, not active, not ours)."""

    execution: str
    answer: str


@dataclass(frozen=True, slots=True)
class News:
    """An event for one live execution."""

    organization: str
    execution: str
    event: Event


@dataclass(frozen=True, slots=True)
class Claimed:
    """An execution in a worker's hands. `document` is JSON text, None where the entry of the queue has no state.

    `fencing` grows with every claim. `inbox` holds what it has to be told, with the ids under which that is forgotten.
    `pause` is from when to when it was held back: that time does not count for it. `idle` are spans in which an effect of it
    waited for its turn or for a person: they do not count as busy.
    """

    organization: str
    execution: str
    fencing: int
    workflow: str = ""
    version: int = 0
    subject: str = ""
    started_at: datetime | None = None
    recorded: int = 0
    begun: bool = False
    document: str | None = None
    starter: Starter | None = None
    inbox: tuple[tuple[int, Event], ...] = ()
    pause: tuple[datetime, datetime] | None = None
    idle: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def place(self) -> Place:
        return self.organization, self.execution


@dataclass(frozen=True, slots=True)
class Batch:
    """Executions claimed at one instant of the store's clock."""

    now: datetime
    claimed: tuple[Claimed, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended; `outcome` as the interpreter calls it."""

    outcome: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What is kept of a failed execution, so that it can go on from there. `state` None: where it stood before the turn.

    `untold` are events of the inbox that it was not told any more; `node` is "" where no step is to blame.
    """

    node: str
    node_type: str
    cause: str
    message: str
    state: State | None = None
    untold: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one claim, to be written in one piece. `end` is None while the execution goes on; `state` then is not.

    `given_up` are keys of effects that nobody waits for any more. `subscribes` are types of events that it wants to hear
    of from now until it `unsubscribes`; "*" for all. `may_have_nested`: it has ended, and executions whose end
    it asked for may be live.
    """

    claimed: Claimed
    state: State | None = None
    end: End | None = None
    steps: tuple[StepRecord, ...] = ()
    effects: tuple[Effect, ...] = ()
    starts: tuple[Start, ...] = ()
    news: tuple[News, ...] = ()
    given_up: tuple[str, ...] = ()
    may_have_nested: bool = False
    due_at: datetime | None = None
    subscribes: frozenset[str] = frozenset()
    unsubscribes: bool = False
    letter: DeadLetter | None = None

    @property
    def wakes_others(self) -> bool:
        """Whether writing it makes other executions ready."""
        return bool(self.starts or self.news or self.may_have_nested)

    @property
    def report(self) -> EffectDone | EffectFailed | None:
        """What the end of this execution means to the step that waits for it."""
        waits = self.claimed.starter
        told = [news.event for news in self.news if waits is not None and news.execution == waits.execution]
        return next((event for event in told if isinstance(event, EffectDone | EffectFailed)), None)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An effect that a worker has to perform now; the ledger says `dispatching`. `key` is the same for the same deed.

    Nothing was sent under the key before `intended_at`, or it was refused for certain.
    """

    organization: str
    execution: str
    key: str
    kind: str
    dispatches: int
    content: Any
    contact: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    intended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Performed:
    """It was done. `contact` is what it changed about the subject beyond what the step itself said."""

    result: Any = None
    contact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, for certain; `cause` is the error class that retry policies name."""

    cause: str
    message: str
    may_retry: bool = True


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody can tell whether it was done."""

    message: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It may be taken again by anybody: it was not begun, or (`may_be_done`) doing it once more under its key does it once."""

    may_be_done: bool = False


Answer = Performed | Refused | Unclear | NotSent


@dataclass(frozen=True, slots=True)
class Finished:
    """A dispatch and what came of it."""

    dispatch: Dispatch
    answer: Answer
