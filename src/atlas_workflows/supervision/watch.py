"""Keeps programs running: starts them, notices when one ends, starts it again with growing delays."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from atlas_workflows.db.ports import port_is_free
from atlas_workflows.supervision.backoff import crashes_after, restart_delay
from atlas_workflows.supervision.processes import Program, created_at, end, start
from atlas_workflows.supervision.state import ProcessState

GRACE_SECONDS = 12.0
LOOK_SECONDS = 2.0  # between two looks whether a program can be started at all
Clock = Callable[[], float]


@dataclass(slots=True)
class Watched:
    """One program and what became of it. Times are of the clock given to Watch, `created` of the system."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    created: float = 0.0
    started_at: float = 0.0
    start_due: float = 0.0
    crashes: int = 0
    restarts: int = 0
    problem: str | None = None

    def state(self) -> ProcessState:
        running = self.process is not None
        return ProcessState(
            name=self.program.name,
            pid=self.process.pid if self.process else None,
            created=self.created if running else None,
            restarts=self.restarts,
            problem=self.problem,
        )


class Watch:
    """Several programs under one loop; `tick` is called about twice a second."""

    def __init__(self, programs: tuple[Program, ...], *, clock: Clock = time.monotonic) -> None:
        self.watched = [Watched(program) for program in programs]
        self.clock = clock

    def states(self) -> tuple[ProcessState, ...]:
        return tuple(item.state() for item in self.watched)

    def tick(self) -> bool:
        """Start what is due, note what has ended; True where something changed."""
        changes = [self._tend(item) for item in self.watched]
        return any(changes)

    def stop(self, *, grace: float = GRACE_SECONDS) -> None:
        """End every program and all it has started; returns when nothing of them is left."""
        running = [item for item in self.watched if item.process is not None]
        for item in running:
            if item.process is not None and item.process.poll() is None:
                item.process.terminate()
        asked_at = self.clock()
        for item in running:
            if item.process is not None:
                deadline = asked_at + max(grace, item.program.grace or 0.0)
                end(item.process.pid, item.created, grace=max(0.5, deadline - self.clock()))
                item.process.wait()
                item.process = None

    def _tend(self, item: Watched) -> bool:
        if item.process is None:
            return self.clock() >= item.start_due and self._start(item)
        code = item.process.poll()
        if code is None:
            return False
        # Workers it left behind would hold its port and its database rows.
        end(item.process.pid, item.created, grace=0.5)
        item.crashes = crashes_after(item.crashes, self.clock() - item.started_at)
        item.restarts += 1
        self._postpone(item, f"ended with code {code}; see {item.program.log.name}")
        return True

    def _start(self, item: Watched) -> bool:
        if (missing := item.program.waits_for and item.program.waits_for()) is not None:
            told, item.problem = item.problem, missing
            item.start_due = self.clock() + LOOK_SECONDS
            return told != missing
        port = item.program.port
        if port is not None and not port_is_free(port):
            item.crashes += 1
            self._postpone(item, f"port {port} is taken by another program")
            return True
        item.process = start(item.program)
        item.created = created_at(item.process.pid) or time.time()
        item.started_at = self.clock()
        item.problem = None
        return True

    def _postpone(self, item: Watched, problem: str) -> None:
        item.process = None
        item.problem = problem
        item.start_due = self.clock() + restart_delay(item.crashes)
