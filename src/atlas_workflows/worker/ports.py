"""The seams of the worker: what keeps executions and effects, what knows definitions, what acts on the outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from atlas_workflows.engine.events import Event, Happened
from atlas_workflows.worker.arrivals import Decide, Handled
from atlas_workflows.worker.formats import Executable
from atlas_workflows.worker.model import (
    Answer,
    Batch,
    Dispatch,
    Finished,
    Place,
    Start,
    Started,
    Turn,
)


class StoreUnavailable(Exception):
    """The store cannot be reached, or went away before it said whether a write was kept."""


class TurnRefused(Exception):
    """The store cannot hold what a turn says; nothing of the batch was written."""


class Intake(Protocol):
    """What starts executions and tells live ones what happened. Nothing is visible before the caller's transaction ends."""

    def start(self, starts: Sequence[Start]) -> list[Started]:
        """Start executions, in the order given; the answers come in that order too."""

    def tell(self, organization: str, execution: str, event: Event) -> bool:
        """Tell one live execution something; False where it is not live."""

    def tell_all(self, organization: str, subject: str, event: Happened) -> int:
        """Tell every live execution about a subject what happened to it; returns how many there were."""


class Executions(Protocol):
    """Keeps executions between turns."""

    def promote(self) -> int:
        """Make ready what is due by the clock, and what workers held too long; returns how many."""

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        """Write turns in one piece, then claim up to `limit` executions that are ready, fairly over organizations.

        Turns whose claim is stale are left out whole; the answer names them. Raises TurnRefused (nothing was written)
        and StoreUnavailable (it may have been written).
        """


class Ledger(Protocol):
    """Keeps the effect ledger."""

    def exchange(self, finished: Sequence[Finished], room: Mapping[str, int]) -> list[Dispatch]:
        """Write down what came of effects and take new ones, of each kind at most `room`, in one commit.

        Messages are decided about in that commit (`worker.sending`): what may not go now is held or skipped, and its
        execution told.

        Safe to repeat after StoreUnavailable: what was written before is passed over.
        """

    def release(self) -> int:
        """Make held effects whose time has come intended again; returns how many. The next exchange decides anew."""

    def take_stale(self, limit: int) -> list[Dispatch]:
        """Effects that were being sent by a worker that did not come back in time; they are ours to decide about."""


class Outbox(Protocol):
    """Keeps events until somebody has handled them."""

    def handle(self, decide: Decide, limit: int) -> Handled:
        """Take up to `limit` events that nobody has, and write what comes of them in one piece with their being handled.

        Events about one subject are handled one after the other, also by several workers at once. An event of which the
        store cannot hold what comes is marked as failed, alone.
        """

    def handle_deferred(self, decide: Decide, limit: int) -> Handled:
        """Ask workflows again that had to wait, about up to `limit` events each."""

    def forget(self) -> int:
        """Let go of what was handled long ago; returns how much."""


class Definitions(Protocol):
    """Finds published versions, ready to execute."""

    def program(self, organization: str, workflow: str, version: int) -> Executable | None:
        """The program of a version; None where there is no such version or it cannot be read."""


class Contacts(Protocol):
    """Knows the people that executions are about."""

    def read(self, organization: str, subject: str) -> Mapping[str, Any] | None:
        """What templates and conditions know as `contact`, as it is now; None where there is nobody."""


class Performer(Protocol):
    """Really does the effects of one kind."""

    @property
    def kind(self) -> str: ...

    @property
    def concurrency(self) -> int:
        """How many at once, per process."""

    def may_repeat(self, effect: Dispatch) -> bool:
        """Whether doing it a second time under the same key does it once."""

    def perform(self, effect: Dispatch) -> Answer:
        """Do it. Raises nothing: what cannot be told is Unclear."""


@runtime_checkable
class Traceable(Performer, Protocol):
    """A performer that can ask afterwards what became of an effect; whoever cannot has no such method."""

    def look_up(self, effect: Dispatch) -> Answer | None:
        """What became of an effect that was being sent when its worker stopped; None where nobody can tell. Raises nothing."""
