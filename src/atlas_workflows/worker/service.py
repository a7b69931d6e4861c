"""A worker process: its lanes, its effect lane, its outbox lane and its clock, each in a thread, until it is told to stop."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Event, Thread

import structlog

from atlas_workflows.worker.bell import Bell
from atlas_workflows.worker.clock import Clock
from atlas_workflows.worker.effect_lane import EffectLane
from atlas_workflows.worker.enrolment import TriggerKinds
from atlas_workflows.worker.lane import BATCH, Lane
from atlas_workflows.worker.outbox_lane import OutboxLane
from atlas_workflows.worker.ports import Contacts, Definitions, Executions, Ledger, Outbox, Performer

LANES = 2
_Work = Lane | EffectLane | OutboxLane | Clock
log = structlog.get_logger()


class Worker:
    """Two lanes keep the processor busy while the other one waits for the database."""

    def __init__(
        self,
        executions: Executions,
        definitions: Definitions,
        ledger: Ledger,
        performers: Mapping[str, Performer],
        *,
        effect_lease: timedelta,
        outbox: Outbox | None = None,
        triggers: TriggerKinds | None = None,
        contacts: Contacts | None = None,
        lanes: int = LANES,
        batch: int = BATCH,
    ) -> None:
        self.bell = Bell()
        self.stopping = Event()
        self._failure: BaseException | None = None
        self.effects = EffectLane(ledger, performers, lease=effect_lease, on_answers=self.bell.ring)
        self.clock = Clock(executions, self.bell.ring)
        self.lanes = [
            Lane(executions, definitions, self.bell, self.effects.bell.ring, batch, contacts)
            for _ in range(lanes)
        ]
        self.outbox = (
            None
            if outbox is None or triggers is None
            else OutboxLane(outbox, definitions, triggers, self.bell.ring)
        )

    def wake(self) -> None:
        """There may be work."""
        self.bell.ring()

    def wake_for_events(self) -> None:
        """Something may have happened."""
        if self.outbox is not None:
            self.outbox.bell.ring()

    def stop(self) -> None:
        """Let every lane finish what it has in hand; safe in a signal handler."""
        self.stopping.set()

    def run(self) -> None:
        """Work until stopped. Raises what a lane failed with, so that whoever supervises the process sees it."""
        named: list[tuple[str, _Work]] = [("lane", lane) for lane in self.lanes]
        named += [("effects", self.effects), ("clock", self.clock)]
        named += [("events", self.outbox)] if self.outbox is not None else []
        threads = [Thread(target=self._guarded, args=(lane,), name=name) for name, lane in named]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _guarded(self, lane: _Work) -> None:
        try:
            lane.run(self.stopping.is_set)
        except BaseException as cause:
            log.error("a lane failed", exc_info=cause)
            self._failure = cause
            self.stop()
