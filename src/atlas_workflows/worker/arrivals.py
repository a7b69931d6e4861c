"""What travels between the outbox and enrolment: events, the triggers that listen for them, who was refused and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from atlas_workflows.worker.model import Start


@dataclass(frozen=True, slots=True)
class Occurred:
    """Something that happened, once per key of its organization. `anchor`: what an execution hangs on that it starts.

    `data` are roots of paths; `trigger` among them holds the facts of the event. `subject` None is about nobody.
    `epoch` says who owned what when it was noted, `caused_by` which execution's action made it happen, and `depth` how deep
    in a chain of executions that one was. `is_told`: it is handled again, and who waited for it knows.
    """

    organization: str
    key: str
    type: str
    subject: str | None
    anchor: str
    data: Mapping[str, Any]
    at: datetime
    epoch: int | None = None
    caused_by: str | None = None
    depth: int | None = None
    is_told: bool = False

    @property
    def about(self) -> str:
        """Whom an execution is about that it starts; an event about nobody is its own subject."""
        return self.subject or self.key


@dataclass(frozen=True, slots=True)
class Listening:
    """A trigger that waits for events of this type, and how its workflow stands to the event and its subject.

    `accepts`: yes, no (it is from before the workflow was taken over), later (who had it before is not done yet), owed (the
    workflow went back, and the event is from before), or gone (it had to wait, and the workflow does not listen here any more).
    `entered_lately`: how often the subject entered within LATELY.
    """

    workflow: str
    version: int
    trigger: str
    accepts: str = "yes"
    entered_at: datetime | None = None
    entered_lately: int = 0
    is_inside: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event, who listens, and what is known of the contact and of the organization now.

    `earlier` finds what happened to the subject before, the newest first, for waits that look back.
    """

    event: Occurred
    listening: Sequence[Listening] = ()
    contact: Mapping[str, Any] | None = None
    organization: Mapping[str, Any] = field(default_factory=dict)
    earlier: Callable[[], Sequence[Occurred]] = tuple


class Reason(StrEnum):
    """Why an event that reached a trigger did not enrol its subject."""

    FILTER = "filter"
    NOT_SAID = "not_said"
    RE_ENTRY = "re_entry"
    BEFORE_FENCE = "before_fence"
    LOOPING = "looping"
    NOT_LISTENING = "not_listening"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Never enrolled because. `leaves` are the comparisons that decided, with the values they saw, as JSON."""

    event: Occurred
    listening: Listening
    reason: Reason
    explanation: str
    leaves: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Consequences:
    """What comes of an event besides what waiting executions are told.

    `deferred` are to be asked again later; `error`: why nothing can come of it.
    """

    starts: Sequence[Start] = ()
    refusals: Sequence[Refusal] = ()
    deferred: Sequence[Listening] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """How many events were taken, and what came of them."""

    taken: int = 0
    started: int = 0
    told: int = 0
    failed: int = 0

    def __add__(self, other: "Handled") -> "Handled":
        return Handled(
            self.taken + other.taken,
            self.started + other.started,
            self.told + other.told,
            self.failed + other.failed,
        )


Decide = Callable[[Arrived], Consequences]
