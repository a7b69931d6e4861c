"""`atlas worker`: executes workflows until told to stop, in this process or in several."""

import logging
import multiprocessing
import signal
import sys
import time
from dataclasses import dataclass, replace
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.interpreter import spawning
from atlas_workflows.settings import Settings, load_settings

if TYPE_CHECKING:
    from atlas_workflows.monitoring.endpoint import Endpoint
    from atlas_workflows.monitoring.monitor import Monitor

app = typer.Typer()

WATCH_SECONDS = 0.5
RESTART_SECONDS = 2.0
DRAIN_SECONDS = 60.0
METRICS_PORT = 9464  # where OpenTelemetry serves Prometheus too


@dataclass(frozen=True, slots=True)
class Orders:
    """What one worker process is told. `port` None serves no metrics; `insists` refuses where the port is taken."""

    dsn: str
    lanes: int
    batch: int
    port: int | None = None
    insists: bool = False


@app.command()
def worker(
    dsn: Annotated[str | None, typer.Option(help="CRM database; ATLAS_CRM_DSN where left out.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many worker processes.")] = 1,
    lanes: Annotated[int, typer.Option(min=1, max=16, help="Lanes per process.")] = 2,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Executions claimed at once.")] = 100,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait for the database and schema atlas instead of ending without them."),
    ] = False,
    metrics_port: Annotated[
        str,
        typer.Option(
            help="Port of /metrics, the next process takes the next one; `off` for none. "
            f"ATLAS_METRICS_PORT where left out, else {METRICS_PORT} if it is free."
        ),
    ] = "",
) -> None:
    """Execute workflows until SIGTERM or SIGINT; what is in hand then is finished.

    Any number of them may run, on any number of machines. A killed one loses nothing: what it held is taken up by another
    after a minute.
    """
    settings = load_settings()
    port, insists = _port(metrics_port or settings.metrics_port, processes)
    if wait and not _wait_for(dsn or settings.crm_dsn):
        return
    orders = Orders(dsn or settings.require_crm_dsn(), lanes, batch, port, insists)
    if processes == 1:
        work(orders)
    else:
        _supervise([replace(orders, port=port and port + place) for place in range(processes)])


def _wait_for(dsn: str | None) -> bool:
    """Until a worker can begin, or until told to stop (False); what it waits for is logged once."""
    from atlas_workflows.supervision.worker_programs import missing_for_workers

    log_as_json()
    stopping, told = _stop_on_signals(), None
    while missing := missing_for_workers(dsn) if dsn else "waits to be given a CRM database (ATLAS_CRM_DSN)":
        if missing != told:
            structlog.get_logger().info("worker waits", reason=missing)
        told = missing
        if stopping.wait(RESTART_SECONDS):
            return False
    return not stopping.is_set()


def _stop_on_signals() -> Event:
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping


def _port(given: str, processes: int) -> tuple[int | None, bool]:
    if given == "off":
        return None, False
    if not given:
        return METRICS_PORT, False
    if not given.isdecimal() or not 0 < int(given) <= 65_536 - processes:
        raise InputError(f"{given!r} is no port for metrics.", remedy="Give a number, or `off`.")
    return int(given), True


def work(orders: Orders) -> None:
    """One worker process, from start to drained."""
    from atlas_workflows.monitoring.monitor import Monitor
    from atlas_workflows.monitoring.tracing import open_tracing
    from atlas_workflows.wiring import build_worker, load_performers

    settings = load_settings()
    log_as_json(settings.log_level)
    tracing = open_tracing(settings.traces_endpoint) if settings.traces_endpoint else None
    monitor = Monitor(orders.dsn, tracing)
    found, listener = build_worker(
        orders.dsn,
        load_performers(settings, orders.dsn),
        lanes=orders.lanes,
        batch=orders.batch,
        monitor=monitor,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        found.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    endpoint = _serve(monitor, settings, orders)
    structlog.get_logger().info(
        "worker starts", lanes=orders.lanes, batch=orders.batch, metrics_port=endpoint and endpoint.port
    )
    listener.start()
    try:
        found.run()
    finally:
        listener.stop()
        if endpoint is not None:
            endpoint.close()
        if tracing is not None:
            tracing.close()
    structlog.get_logger().info("worker ends")


def _serve(monitor: "Monitor", settings: Settings, orders: Orders) -> "Endpoint | None":
    from atlas_workflows.monitoring.endpoint import open_endpoint

    if orders.port is None:
        return None
    try:
        return open_endpoint(monitor.registry, settings.metrics_address, orders.port)
    except ConfigurationError as cause:
        if orders.insists:
            raise
        structlog.get_logger().warning("no metrics are served", error=cause.fact, what_next=cause.remedy)
        return None


def log_as_json(level: str = "info") -> None:
    """One JSON object per line on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _supervise(every: list[Orders]) -> None:
    stopping = _stop_on_signals()
    found = [_begin(orders) for orders in every]
    while not stopping.wait(WATCH_SECONDS):
        for place, process in enumerate(found):
            if not process.is_alive() and not stopping.wait(RESTART_SECONDS):
                found[place] = _begin(every[place])
    _drain(found)


def _begin(orders: Orders) -> SpawnProcess:
    with spawning() as spawn:
        process = spawn.Process(target=_work_under_a_supervisor, args=(orders,))
        process.start()
    return process


def _work_under_a_supervisor(orders: Orders) -> None:
    """A worker whose supervisor was killed drains and ends, like one that is told to."""
    leader = multiprocessing.parent_process()
    assert leader is not None  # it was spawned

    def outlive() -> None:
        leader.join()
        signal.raise_signal(signal.SIGTERM)

    Thread(target=outlive, daemon=True).start()
    work(orders)


def _drain(found: list[SpawnProcess]) -> None:
    for process in found:
        process.terminate()
    deadline = time.monotonic() + DRAIN_SECONDS
    for process in found:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
