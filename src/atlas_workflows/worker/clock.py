"""The clock of a worker process: makes ready what is due a few times a second, so that no lane stops for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from atlas_workflows.worker.ports import Executions, StoreUnavailable

TICK_SECONDS = 0.1
PATIENCE_SECONDS = 0.5
log = structlog.get_logger()


@dataclass(slots=True)
class Clock:
    """One thread's work. `on_work` is called when something fell due."""

    executions: Executions
    on_work: Callable[[], None] = lambda: None

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Tick until told to stop."""
        while not is_stopping():
            time.sleep(self.tick())

    def tick(self) -> float:
        """Promote; returns how many seconds to wait before the next time."""
        try:
            if self.executions.promote():
                self.on_work()
        except StoreUnavailable as cause:
            log.warning("the database cannot be reached", error=str(cause))
            return PATIENCE_SECONDS
        return TICK_SECONDS
