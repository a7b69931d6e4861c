"""Several workers over disjoint ranges, each a process of its own; one worker stays in this process."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Thread

from psycopg import sql as compose

from atlas_workflows.errors import PhaseError
from atlas_workflows.interpreter import SPAWN, spawning
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.backfill import at_work, work_range
from atlas_workflows.migration.movement.ranges import Range
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.pace.pacer import new_pace
from atlas_workflows.migration.pace.probe import Probe, probing
from atlas_workflows.site import silent

Report = Callable[[], None]
POLL_SECONDS = 1.0
BACKGROUND = 15  # niceness


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker process is sent: a context without anything that cannot travel, and one range."""

    context: PhaseContext
    range: Range


def work_ranges(context: PhaseContext, source: Source, ranges: Sequence[Range], report: Report) -> None:
    """Work through all ranges, calling `report` now and then. Raises what a worker raises first."""
    if context.options.workers <= 1 or len(ranges) <= 1:
        _work_here(context, source, ranges, report)
    else:
        _work_in_processes(context, ranges, report)


def work_alone(context: PhaseContext, span: Range, report: Report) -> None:
    """One range in this process, as a mapped Airflow task does."""
    with at_work(context) as worker, _probe(context, worker.source) as probe:
        work_range(worker, span, new_pace(context, probe), report)


def _work_here(context: PhaseContext, source: Source, ranges: Sequence[Range], report: Report) -> None:
    with at_work(context, source) as worker, _probe(context, source) as probe:
        pace = new_pace(context, probe)
        for span in ranges:
            work_range(worker, span, pace, report)


def _work_in_processes(context: PhaseContext, ranges: Sequence[Range], report: Report) -> None:
    portable = replace(context, site=replace(context.site, progress=silent), shared={})
    jobs = [Assignment(portable, span) for span in ranges]
    pool = ProcessPoolExecutor(context.options.workers, mp_context=SPAWN, initializer=_end_with_the_leader)
    try:
        with spawning():  # a Ctrl-C that had to wait for their start is heard at its end
            waiting = {pool.submit(_work, job) for job in jobs}
        while waiting:
            done, waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            report()
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


def _work(job: Assignment) -> None:
    work_alone(job.context, job.range, lambda: None)


def _end_with_the_leader() -> None:
    """A worker whose leader was killed ends at once, also while it waits for work, which nobody would send any more."""
    leader = multiprocessing.parent_process()
    if leader is None:
        raise AssertionError("a worker has a leader")

    def outlive() -> None:
        leader.join()
        os._exit(1)  # its transaction is rolled back, and the next run finds the range free

    Thread(target=outlive, daemon=True).start()


def _stand_back() -> None:
    """Where the old application shares this machine, it gets the processor first. A process cannot take this back."""
    os.setpriority(os.PRIO_PROCESS, 0, max(BACKGROUND, os.getpriority(os.PRIO_PROCESS, 0)))


@contextmanager
def _probe(context: PhaseContext, source: Source) -> Iterator[Probe | None]:
    if not context.options.throttle:
        yield None
        return
    _stand_back()
    table = compose.Identifier(source.catalog.schema, "workflows")
    with probing(context.dsn, compose.SQL("SELECT * FROM {} LIMIT 1").format(table).as_string(None)) as probe:
        yield probe
