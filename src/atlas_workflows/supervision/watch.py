"""Keeps programs running: starts them, notices when one ends, starts it again with growing delays."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from atlas_workflows.db.ports import free_port, port_is_free
from atlas_workflows.supervision.backoff import crashes_after, restart_delay
from atlas_workflows.supervision.processes import Program, created_at, end, start
from atlas_workflows.supervision.state import ProcessState

GRACE_SECONDS = 12.0
LOOK_SECONDS = 2.0  # between two looks whether a program can be started at all
PATIENCE_SECONDS = (
    0.02  # for a look's answer at each tick; a database that does not answer takes its own time
)
Clock = Callable[[], float]


class Look:
    """A question that may take long, asked beside the loop; what it raises is an answer too."""

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self.answer: str | None = None
        self._thread = Thread(target=self._run, args=(ask,), name="look", daemon=True)
        self._thread.start()

    def is_done(self, patience: float) -> bool:
        """Whether there is an answer; waits for it no longer than so many seconds."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self, ask: Callable[[], str | None]) -> None:
        try:
            self.answer = ask()
        except Exception as cause:  # the loop goes on for all others
            self.answer = f"cannot be looked after: {type(cause).__name__}"


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
    look: Look | None = None

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

    def __init__(
        self,
        programs: tuple[Program, ...],
        *,
        clock: Clock = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.watched = [Watched(program) for program in programs]
        self.clock = clock
        self.patience = patience

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
        if item.program.waits_for is not None:
            item.look = item.look or Look(item.program.waits_for)
            if not item.look.is_done(self.patience):
                return False
            missing, item.look = item.look.answer, None
        else:
            missing = None
        if missing is not None:
            told, item.problem = item.problem, missing
            item.start_due = self.clock() + LOOK_SECONDS
            return told != missing
        port = item.program.port
        if port is not None and not port_is_free(port):
            if item.program.at_port is None:
                item.crashes += 1
                self._postpone(item, f"port {port} is taken by another program")
                return True
            item.program = item.program.at_port(free_port())
        item.process = start(item.program)
        item.created = created_at(item.process.pid) or time.time()
        item.started_at = self.clock()
        item.problem = None
        return True

    def _postpone(self, item: Watched, problem: str) -> None:
        item.process = None
        item.problem = problem
        item.start_due = self.clock() + restart_delay(item.crashes)
