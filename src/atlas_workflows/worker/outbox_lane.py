"""The outbox lane: takes events, lets enrolment say whom they enrol, and tells the executions that wait for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from atlas_workflows.worker.arrivals import Arrived, Consequences, Handled
from atlas_workflows.worker.bell import Bell
from atlas_workflows.worker.enrolment import TriggerKinds, decide
from atlas_workflows.worker.ports import Definitions, Outbox, StoreUnavailable

AT_ONCE = 50
IDLE_SECONDS = 0.25
ASK_AGAIN_SECONDS = 2.0
FORGET_SECONDS = 600.0
PATIENCE_SECONDS = 0.5
log = structlog.get_logger()


@dataclass(slots=True)
class OutboxLane:
    """One thread's work. `on_work` is called when events left something to execute."""

    outbox: Outbox
    definitions: Definitions
    kinds: TriggerKinds
    on_work: Callable[[], None] = lambda: None
    size: int = AT_ONCE
    bell: Bell = field(default_factory=Bell)
    _next_asking: float = 0.0
    _next_forgetting: float = 0.0

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Work until told to stop; what is taken by then is handled."""
        while not is_stopping():
            if not self._work().taken:
                self.bell.wait(IDLE_SECONDS)

    def _work(self) -> Handled:
        try:
            self._do_what_is_due()
            return self.round()
        except StoreUnavailable as cause:
            log.warning("the database cannot be reached", error=str(cause))
            time.sleep(PATIENCE_SECONDS)
            return Handled()

    def round(self) -> Handled:
        """Handle the events that are there, as many as fit at once."""
        return self._noted(self.outbox.handle(self._decided, self.size))

    def _noted(self, handled: Handled) -> Handled:
        if handled.started or handled.told:
            self.on_work()
        if handled.failed:
            log.error("events could not be handled", many=handled.failed)
        return handled

    def _decided(self, arrived: Arrived) -> Consequences:
        try:
            return decide(arrived, self.definitions.program, self.kinds)
        except StoreUnavailable:
            raise
        except Exception as cause:  # whatever one event does to a trigger, its neighbours go on
            where = {"organization": arrived.event.organization, "event_key": arrived.event.key}
            log.error("a trigger failed", **where, exc_info=cause)
            return Consequences(error=f"A trigger failed: {type(cause).__name__}.")

    def _do_what_is_due(self) -> None:
        if time.monotonic() >= self._next_asking:
            self._next_asking = time.monotonic() + ASK_AGAIN_SECONDS
            self._noted(self.outbox.handle_deferred(self._decided, self.size))
        if time.monotonic() >= self._next_forgetting:
            # It goes a bite at a time; as long as there was something, more may be left.
            pause = ASK_AGAIN_SECONDS if self.outbox.forget() else FORGET_SECONDS
            self._next_forgetting = time.monotonic() + pause
