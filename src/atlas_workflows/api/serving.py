"""The API in a process of its own: the application as it is served alone, on a socket, until it is told to end."""

import signal
import socket
from collections.abc import Callable
from contextlib import closing

import structlog
import uvicorn
from fastapi import FastAPI

from atlas_workflows.api.app import create_app, provider_of, rate_of
from atlas_workflows.api.connections import Impatient
from atlas_workflows.api.database import require_schema
from atlas_workflows.api.phases import Phases
from atlas_workflows.api.v1.format import OldFormat
from atlas_workflows.api.v1.running import V1
from atlas_workflows.db.connect import connect
from atlas_workflows.db.roles import require_migration_role
from atlas_workflows.errors import StackError
from atlas_workflows.settings import Settings

PREFIX = "/atlas"  # as where it is mounted in Airflow, so that an address holds for both
IDLE_SECONDS, DRAIN_SECONDS = 5, 20
MOST_AT_ONCE = 1_000


def require_ready(dsn: str) -> None:
    """Raise an error that says what is missing where the database could not be worked with."""
    with connect(dsn, application_name="atlas-api", autocommit=True) as connection:
        require_migration_role(connection)
        require_schema(connection)


def build(
    settings: Settings, dsn: Callable[[], str], phases: Phases | None = None, old: OldFormat | None = None
) -> FastAPI:
    """The application over one database; with the `old` format the routes of v1 too."""
    return create_app(
        dsn=dsn, provider=provider_of(settings), rate=rate_of(settings), phases=phases, prefix=PREFIX, old=old,
        deprecated=settings.v1_deprecated, sunset=settings.v1_sunset, proxies=settings.trusted_proxies,
    )  # fmt: skip


def serve(application: FastAPI, host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT; what is in hand then is answered, and what webhooks refused is noted. Raises StackError where the port is not to be had."""
    listening = listen(host, port)
    config = uvicorn.Config(
        application, log_config=None, access_log=False, server_header=False, proxy_headers=False, lifespan="on",
        http=Impatient, timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=DRAIN_SECONDS, limit_concurrency=MOST_AT_ONCE,
    )  # fmt: skip
    structlog.get_logger().info("api serves", host=host, port=port)
    old: V1 | None = getattr(application.state, "v1", None)
    if old is not None:
        old.counter.watch()  # that nobody calls can be told only by who was there
    # uvicorn ends itself by the signal once it has drained, to whom the signal belonged before: so that we have the last word.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    with closing(listening):
        uvicorn.Server(config).run(sockets=[listening])
    if old is not None:
        old.counter.close()
    application.state.doors.database.close()
    structlog.get_logger().info("api ends")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises StackError where the address is not to be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as cause:
        raise StackError(
            f"The API cannot listen on {host}:{port}: {cause.strerror or cause}.",
            remedy="Give another --port, or end what listens there.",
        ) from cause
