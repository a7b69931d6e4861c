"""A lane: claims a batch, takes its turns, writes them and claims the next batch in the same transaction."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from atlas_workflows.worker.bell import Bell
from atlas_workflows.worker.formats import Executable
from atlas_workflows.worker.model import Batch, Claimed, Turn
from atlas_workflows.worker.ports import Contacts, Definitions, Executions, StoreUnavailable, TurnRefused
from atlas_workflows.worker.turn import failed_turn, take_turn

BATCH = 100
BUDGET_SECONDS = 5.0  # of turns before what is done is written, so that slow ones do not outlast the lease
IDLE_SECONDS = 0.25
PATIENCE_SECONDS = (0.2, 5.0)  # before the next attempt while the store is away: at first, at most
log = structlog.get_logger()


@dataclass(slots=True)
class Lane:
    """One thread's work. `on_effects` is called when turns left something to perform."""

    executions: Executions
    definitions: Definitions
    bell: Bell
    on_effects: Callable[[], None] = lambda: None
    size: int = BATCH
    contacts: Contacts | None = None
    batch: Batch = field(default_factory=lambda: Batch(datetime.now(UTC)))
    _patience: float = PATIENCE_SECONDS[0]

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Work until told to stop; what is claimed by then is finished."""
        while not is_stopping():
            self._work(self.size)
            if not self.batch.claimed:
                self.bell.wait(IDLE_SECONDS)
        self._work(0)

    def _work(self, limit: int) -> None:
        try:
            self.round(limit)
            self._patience = PATIENCE_SECONDS[0]
        except StoreUnavailable as cause:
            # What was claimed is claimed again after its lease, unless it had been written.
            log.warning("the database cannot be reached", error=str(cause))
            self.batch = Batch(self.batch.now)
            time.sleep(self._patience if limit else 0)
            self._patience = min(2 * self._patience, PATIENCE_SECONDS[1])

    def round(self, limit: int) -> Batch:
        """Take the turns of the batch in hand, write them, and claim the next one where there may be more to do."""
        may_be_more = len(self.batch.claimed) in (0, self.size)
        turns = self._take_turns()
        if not (may_be_more or any(turn.wakes_others for turn in turns)):
            limit = 0
        try:
            self.batch, stale = self.executions.checkpoint(turns, limit)
            self._announce(turns)
        except TurnRefused:
            self._write_apart(turns)
            self.batch, stale = self.executions.checkpoint((), limit)
        for organization, execution in stale:
            log.warning("claim was stale", organization=organization, execution=execution)
        if limit and len(self.batch.claimed) == limit:
            self.bell.ring()  # there may be more than one lane's worth
        return self.batch

    def _announce(self, turns: Sequence[Turn]) -> None:
        if any(turn.effects for turn in turns):
            self.on_effects()

    def _take_turns(self) -> list[Turn]:
        turns: list[Turn] = []
        written_at = time.monotonic()
        for claimed in self.batch.claimed:
            turns.append(self._turn(claimed))
            if time.monotonic() - written_at > BUDGET_SECONDS:
                self._write_apart(turns)
                turns, written_at = [], time.monotonic()
        return turns

    def _turn(self, claimed: Claimed) -> Turn:
        try:
            program = self.definitions.program(claimed.organization, claimed.workflow, claimed.version)
            return take_turn(claimed, program, self.batch.now, self._contact(claimed, program))
        except StoreUnavailable:
            raise
        except Exception as cause:  # whatever one execution does to the interpreter, its neighbours go on
            where = {"organization": claimed.organization, "execution": claimed.execution}
            log.error("the interpreter failed", **where, exc_info=cause)
            return failed_turn(claimed, f"The interpreter failed: {type(cause).__name__}.", self.batch.now)

    def _contact(self, claimed: Claimed, program: Executable | None) -> Mapping[str, Any] | None:
        """The contact as it is now, where what is done next depends on it."""
        if self.contacts is None or program is None or not program.looks_at_contact:
            return None
        return self.contacts.read(claimed.organization, claimed.subject)

    def _write_apart(self, turns: Sequence[Turn]) -> None:
        """Write turns in ever smaller parts, until the one that the store cannot hold is alone."""
        if not turns:
            return
        try:
            self.executions.checkpoint(turns, 0)
            self._announce(turns)
        except TurnRefused as cause:
            if len(turns) > 1:
                half = len(turns) // 2
                self._write_apart(turns[:half])
                self._write_apart(turns[half:])
            else:
                self._give_up(turns[0].claimed, cause)

    def _give_up(self, claimed: Claimed, cause: TurnRefused) -> None:
        # Without the traceback: what the database says next quotes the row.
        where = {"organization": claimed.organization, "execution": claimed.execution}
        log.error("the database cannot hold what a step says", **where, error=str(cause))
        reason = f"What it does cannot be stored: {cause}."
        self.executions.checkpoint([failed_turn(claimed, reason, self.batch.now)], 0)
