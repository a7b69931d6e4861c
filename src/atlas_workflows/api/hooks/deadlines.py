"""Ends tasks whose time is over: one timer for all of them, where asyncio.timeout sets one for each call and mostly takes it back."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

LOOK_SECONDS = 0.5


@dataclass(slots=True)
class Deadline:
    """When a task is cancelled, by the clock of the loop; `task` None once it ended in time."""

    at: float
    task: asyncio.Task[object] | None
    has_passed: bool = False
    _of: asyncio.Task[object] | None = None

    def is_ours(self) -> bool:
        """Whether nobody but the deadline ended the task."""
        return self.has_passed and self._of is not None and self._of.uncancel() == 0

    def end(self) -> None:
        """It ended in time."""
        self.task = None

    def pass_(self) -> None:
        """Its time is over."""
        if self.task is not None:
            self.has_passed, self._of = True, self.task
            self.task.cancel()
            self.task = None


@dataclass(slots=True)
class Deadlines:
    """Those of one loop, all with the same patience, so the oldest is due first."""

    _waiting: deque[Deadline] = field(default_factory=deque)
    _loop: asyncio.AbstractEventLoop | None = None

    def begin(self, seconds: float) -> Deadline:
        """For the task at hand."""
        loop = asyncio.get_running_loop()
        made = Deadline(loop.time() + seconds, asyncio.current_task())
        if self._loop is not loop:
            self._loop = loop
            self._waiting.clear()
        if not self._waiting:
            loop.call_later(min(seconds, LOOK_SECONDS), self._look, loop)
        self._waiting.append(made)
        return made

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        now = loop.time()
        while self._waiting and (self._waiting[0].task is None or self._waiting[0].at <= now):
            self._waiting.popleft().pass_()
        if self._waiting:
            loop.call_later(min(max(self._waiting[0].at - now, 0.001), LOOK_SECONDS), self._look, loop)
