"""Recognises a connection pooler that shares its server sessions, such as pgbouncer in transaction mode."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from select import select
from typing import Any

import psycopg

from atlas_workflows.errors import DatabaseError

# A pool in session mode that is full never answers: then nothing is shared.
PATIENCE_SECONDS = 5.0
# One that deals its sessions out in turns gives an idle one first; ours comes back once those are taken.
SESSIONS = 4
WHO = b"BEGIN; SELECT pg_catalog.pg_backend_pid()"


def require_own_session(
    connection: psycopg.Connection[Any], backend: int, open_another: Callable[[], psycopg.Connection[Any]]
) -> None:
    """Raise DatabaseError where the server session behind `connection` serves others too; `backend` is its process.

    A pooler tells a process id of its own making, so that a direct connection costs nothing here.
    """
    if backend == connection.info.backend_pid or not _is_shared(backend, open_another):
        return
    raise DatabaseError(
        "A connection pooler in transaction or statement mode (such as pgbouncer's) stands before the database: settings, locks and "
        "prepared statements of our sessions would be lost there, or meet those of others.",
        remedy="Name PostgreSQL itself in the address, or a pool with pool_mode = session.",
    )


def _is_shared(backend: int, open_another: Callable[[], psycopg.Connection[Any]]) -> bool:
    """Whether a second session gets the backend of the first one, which is connected all the while."""
    with ExitStack() as opened:
        for _ in range(SESSIONS):
            other = opened.enter_context(closing(open_another()))
            try:
                found = _backend_of(other)
            except psycopg.OperationalError:
                return True  # in statement mode there is not even a transaction to hold it
            if found is None or found == other.info.backend_pid:
                return False
            if found == backend:
                return True
    return False


def _backend_of(connection: psycopg.Connection[Any]) -> int | None:
    """Which process serves it, held in a transaction from here on; None where it does not answer in time."""
    connection.pgconn.send_query(WHO)
    connection.pgconn.flush()
    found = None
    while select([connection.fileno()], [], [], PATIENCE_SECONDS)[0]:
        connection.pgconn.consume_input()
        while not connection.pgconn.is_busy():
            result = connection.pgconn.get_result()
            if result is None:
                return found
            if result.ntuples:
                found = int(result.get_value(0, 0) or 0)
    return None
