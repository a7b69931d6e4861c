"""Works off many small questions with several sessions in one snapshot, each with a part of its own of what is found."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.snapshots import Snapshots


@dataclass(slots=True)
class Reader:
    """One session inside the snapshot, and what it found. `tasks` are those of all; every other reader begins at the end, where
    what mostly keeps this process busy stands, so that the server works meanwhile."""

    session: Connection
    tasks: deque["Task"]
    begins_at_end: bool = False
    found: Reconciliation = field(default_factory=Reconciliation)

    def next(self) -> "Task | None":
        try:
            return self.tasks.pop() if self.begins_at_end else self.tasks.popleft()
        except IndexError:
            return None

    def put_next(self, tasks: Sequence["Task"]) -> None:
        """What this reader, unless another one is idle, does before anything else."""
        if self.begins_at_end:
            self.tasks.extend(reversed(tasks))
        else:
            self.tasks.extendleft(reversed(tasks))


@dataclass(frozen=True, slots=True)
class Task:
    """A question that takes two or three seconds, or one reading of a table. `name`: under which its seconds are counted."""

    name: str
    ask: Callable[[Reader], None]


def work_off(
    kept: Snapshots, tasks: Iterable[Task], at_start: Callable[[Connection], None]
) -> Reconciliation:
    """All tasks, in as many snapshots as it takes; `at_start` is asked once in each. Raises what a task raises first."""
    left = deque(tasks)
    readers = [Reader(session, left, at % 2 == 1) for at, session in enumerate(kept.sessions)]
    while left:
        at_start(kept.current())
        _in_one_snapshot(kept, readers)
    whole, *parts = (reader.found for reader in readers)
    for part in parts:
        whole.take_over(part)
    return whole


def _in_one_snapshot(kept: Snapshots, readers: Sequence[Reader]) -> None:
    if len(readers) == 1:
        _work(kept, readers[0])
        return
    with ThreadPoolExecutor(len(readers), thread_name_prefix="reconcile") as pool:
        works = [pool.submit(_work, kept, reader) for reader in readers]
        try:
            wait(works, return_when=FIRST_EXCEPTION)
            for work in works:
                if work.done():
                    work.result()
        except BaseException:
            # Somebody's Ctrl-C, or what one of them met: nobody begins anything more, and what runs is called off.
            readers[0].tasks.clear()
            for reader in readers:
                with suppress(psycopg.Error):
                    reader.session.cancel_safe()
            raise


def _work(kept: Snapshots, reader: Reader) -> None:
    # At least one, however slow the clock of the machine makes a snapshot look old.
    while (task := reader.next()) is not None:
        began = time.perf_counter()
        task.ask(reader)
        reader.found.seconds[task.name] += time.perf_counter() - began
        if kept.is_old:
            return
