"""Several workers over disjoint ranges, each a process of its own; one worker stays in this process."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from threading import Thread
from typing import TypeVar

from psycopg import sql as compose

from atlas_workflows.errors import PhaseError
from atlas_workflows.interpreter import SPAWN, spawning
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.backfill import at_work, work_range
from atlas_workflows.migration.movement.ranges import Range
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.pace.pacer import Pace, new_pace
from atlas_workflows.migration.pace.probe import Probe, probing
from atlas_workflows.site import silent

Report = Callable[[], None]
Job = TypeVar("Job")
Result = TypeVar("Result")
POLL_SECONDS = 1.0
BACKGROUND = 15  # niceness


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker process is sent: a context without anything that cannot travel, and one range."""

    context: PhaseContext
    range: Range


def work_ranges(context: PhaseContext, source: Source, ranges: Sequence[Range], report: Report) -> None:
    """Work through all ranges, calling `report` now and then. Raises what a worker raises first."""
    if context.is_alone or context.options.workers <= 1 or len(ranges) <= 1:
        work_here(context, ranges, report, source)
    else:
        _work_in_processes(context, ranges, report)


def work_here(
    context: PhaseContext, ranges: Sequence[Range], report: Report, source: Source | None = None
) -> None:
    """Ranges one after the other in this process, as a mapped Airflow task does."""
    with _sessions(context, source) as (worker, pace):
        for span in ranges:
            work_range(worker, span, pace, report)


def _work_in_processes(context: PhaseContext, ranges: Sequence[Range], report: Report) -> None:
    to_send = portable(context)
    jobs = [Assignment(to_send, span) for span in ranges]
    in_processes(context.options.workers, _work, jobs, lambda _: report())


def portable(context: PhaseContext) -> PhaseContext:
    """A context as it can travel to another process."""
    return replace(context, site=replace(context.site, progress=silent), shared={})


def in_processes(
    workers: int,
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    report: Callable[[Sequence[Result]], None],
) -> list[Result]:
    """What `work` makes of each job, in their order; `report` is told now and then what is there so far, in no order.

    Raises what a worker raises first, and PhaseError where one was killed.
    """
    pool = ProcessPoolExecutor(workers, mp_context=SPAWN, initializer=_end_with_the_leader)
    try:
        with spawning():  # a Ctrl-C that had to wait for their start is heard at its end
            futures = [pool.submit(work, job) for job in jobs]
        found, waiting = list[Result](), set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
            found += [future.result() for future in done]
            report(found)
        return [future.result() for future in futures]
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()  # in the middle of a batch, whose transaction is rolled back
        raise
    except BrokenProcessPool as cause:
        raise PhaseError(
            "A worker process was killed.", remedy="The same command continues where it stopped."
        ) from cause
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


# A worker process keeps its sessions from one range to the next: what they found in a pass over a table is theirs.
_kept: list[tuple[ExitStack, Worker, Pace]] = []


def _work(job: Assignment) -> None:
    if not _kept:
        stack = ExitStack()
        _kept.append((stack, *stack.enter_context(_sessions(job.context))))
    [(_, worker, pace)] = _kept
    work_range(worker, job.range, pace, lambda: None)


def _end_with_the_leader() -> None:
    """A worker whose leader was killed ends at once, also while it waits for work, which nobody would send any more."""
    leader = multiprocessing.parent_process()
    if leader is None:
        raise AssertionError("a worker has a leader")

    def outlive() -> None:
        leader.join()
        os._exit(1)  # its transaction is rolled back, and the next run finds the range free

    Thread(target=outlive, daemon=True).start()


def stand_back() -> None:
    """Where the old application shares this machine, it gets the processor first. A process cannot take this back."""
    os.setpriority(os.PRIO_PROCESS, 0, max(BACKGROUND, os.getpriority(os.PRIO_PROCESS, 0)))


@contextmanager
def _sessions(context: PhaseContext, source: Source | None = None) -> Iterator[tuple[Worker, Pace]]:
    with at_work(context, source) as worker, _probe(context, worker.source) as probe:
        yield worker, new_pace(context, probe)


@contextmanager
def _probe(context: PhaseContext, source: Source) -> Iterator[Probe | None]:
    if not context.options.throttle:
        yield None
        return
    stand_back()
    table = compose.Identifier(source.catalog.schema, "workflows")
    with probing(context.dsn, compose.SQL("SELECT * FROM {} LIMIT 1").format(table).as_string(None)) as probe:
        yield probe
