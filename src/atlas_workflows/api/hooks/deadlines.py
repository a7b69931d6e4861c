"""Ends tasks whose time is over: one timer for all of them, where asyncio.timeout sets one for each call and mostly takes it back."""

import asyncio
from dataclasses import dataclass, field

LOOK_SECONDS = 0.5
Task = asyncio.Task[object]


@dataclass(slots=True)
class Deadlines:
    """Those of one loop, a task each, all with the same patience, so the oldest is due first."""

    _due: dict[Task, float] = field(default_factory=dict)
    _passed: set[Task] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None
    _is_looking: bool = False

    def begin(self, seconds: float) -> Task:
        """For the task at hand, which is cancelled then."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        if self._loop is not loop:
            self._loop, self._is_looking = loop, False
            self._due.clear()
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(min(seconds, LOOK_SECONDS), self._look, loop)
        self._due[task] = loop.time() + seconds
        return task

    def end(self, task: Task) -> None:
        """It ended, in time or not."""
        self._due.pop(task, None)
        if self._passed:
            self._passed.discard(task)

    def has_ended(self, task: Task) -> bool:
        """Whether nobody but its deadline ended it."""
        return task in self._passed and task.uncancel() == 0

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        now = loop.time()
        for task in [task for task, at in self._due.items() if at <= now]:
            del self._due[task]
            self._passed.add(task)
            task.cancel()
        self._is_looking = bool(self._due)
        if self._due:
            first = next(iter(self._due.values()))
            loop.call_later(min(max(first - now, 0.001), LOOK_SECONDS), self._look, loop)
