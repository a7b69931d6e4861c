"""Logs executions that failed, with execution and organization; never what a message or an error of theirs says."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from atlas_workflows.worker.model import Batch, Place, Turn
from atlas_workflows.worker.ports import Executions

BAD = frozenset({"failed", "timeout"})
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoggedExecutions:
    """Executions whose failures are logged; a line for each that went well would cost as much as the execution."""

    inner: Executions

    def promote(self) -> int:
        return self.inner.promote()

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        batch, stale = self.inner.checkpoint(turns, limit)
        for turn in turns:
            if turn.end is not None and turn.end.outcome in BAD and turn.claimed.place not in stale:
                _say(turn, turn.end.outcome)
        return batch, stale


def _say(turn: Turn, outcome: str) -> None:
    claimed = turn.claimed
    log.warning(
        "execution failed",
        organization=claimed.organization,
        execution=claimed.execution,
        workflow=claimed.workflow,
        version=claimed.version,
        outcome=outcome,
    )
