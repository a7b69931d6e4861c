"""`atlas worker`: executes workflows until told to stop, in this process or in several."""

import logging
import multiprocessing
import signal
import sys
import time
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from types import FrameType
from typing import Annotated

import structlog
import typer

from atlas_workflows.settings import load_settings

app = typer.Typer()

WATCH_SECONDS = 0.5
RESTART_SECONDS = 2.0
DRAIN_SECONDS = 60.0


@app.command()
def worker(
    dsn: Annotated[str | None, typer.Option(help="CRM database; ATLAS_CRM_DSN where left out.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many worker processes.")] = 1,
    lanes: Annotated[int, typer.Option(min=1, max=16, help="Lanes per process.")] = 2,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Executions claimed at once.")] = 100,
) -> None:
    """Execute workflows until SIGTERM or SIGINT; what is in hand then is finished.

    Any number of them may run, on any number of machines. A killed one loses nothing: what it held is taken up by another
    after a minute.
    """
    where = dsn or load_settings().require_crm_dsn()
    if processes == 1:
        work(where, lanes, batch)
    else:
        _supervise(where, processes, lanes, batch)


def work(dsn: str, lanes: int, batch: int) -> None:
    """One worker process, from start to drained."""
    from atlas_workflows.wiring import build_worker, load_performers

    log_as_json()
    found, listener = build_worker(dsn, load_performers(load_settings(), dsn), lanes=lanes, batch=batch)

    def stop(_number: int, _frame: FrameType | None) -> None:
        found.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    structlog.get_logger().info("worker starts", lanes=lanes, batch=batch)
    listener.start()
    found.run()
    listener.stop()
    structlog.get_logger().info("worker ends")


def log_as_json() -> None:
    """One JSON object per line on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _supervise(dsn: str, processes: int, lanes: int, batch: int) -> None:
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    found = [_begin(dsn, lanes, batch) for _ in range(processes)]
    while not stopping.wait(WATCH_SECONDS):
        for place, process in enumerate(found):
            if not process.is_alive() and not stopping.wait(RESTART_SECONDS):
                found[place] = _begin(dsn, lanes, batch)
    _drain(found)


def _begin(dsn: str, lanes: int, batch: int) -> SpawnProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_work_under_a_supervisor, args=(dsn, lanes, batch))
    process.start()
    return process


def _work_under_a_supervisor(dsn: str, lanes: int, batch: int) -> None:
    """A worker whose supervisor was killed drains and ends, like one that is told to."""
    leader = multiprocessing.parent_process()
    assert leader is not None  # it was spawned

    def outlive() -> None:
        leader.join()
        signal.raise_signal(signal.SIGTERM)

    Thread(target=outlive, daemon=True).start()
    work(dsn, lanes, batch)


def _drain(found: list[SpawnProcess]) -> None:
    for process in found:
        process.terminate()
    deadline = time.monotonic() + DRAIN_SECONDS
    for process in found:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
