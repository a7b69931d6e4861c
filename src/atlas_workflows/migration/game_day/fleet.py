"""Worker processes that are killed without warning and begun again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

SIZE = 2


class WorkerProcess(Protocol):
    """A process that executes workflows on the copy."""

    def is_alive(self) -> bool: ...

    def kill(self) -> None:
        """SIGKILL."""

    def join(self) -> None: ...


@dataclass(slots=True)
class Fleet:
    """`ended` counts workers that went down without being killed: there should be none."""

    begin: Callable[[], WorkerProcess]
    workers: list[WorkerProcess] = field(default_factory=list)
    kills: int = 0
    ended: int = 0

    def start(self) -> None:
        self.workers = [self.begin() for _ in range(SIZE)]

    def kill_one(self, chance: random.Random) -> None:
        """Kill a worker in the middle of whatever it does, and begin another in its place."""
        place = chance.randrange(len(self.workers))
        self.look_after()
        self._end(self.workers[place])
        self.kills += 1
        self.workers[place] = self.begin()

    def look_after(self) -> None:
        """Begin those again that ended by themselves."""
        for place, worker in enumerate(self.workers):
            if not worker.is_alive():
                self.ended += 1
                self.workers[place] = self.begin()

    def stop(self) -> None:
        while self.workers:
            self._end(self.workers.pop())

    def _end(self, worker: WorkerProcess) -> None:
        worker.kill()
        worker.join()
