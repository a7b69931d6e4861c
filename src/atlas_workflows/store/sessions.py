"""The worker's sessions: a pool whose sessions are fixed, and what a database error means to a worker."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from atlas_workflows.db.connect import Connection, fix_session
from atlas_workflows.worker.ports import StoreUnavailable, TurnRefused

Pool = ConnectionPool[psycopg.Connection[TupleRow]]
Answer = TypeVar("Answer")
Timed = Callable[[str], AbstractContextManager[None]]  # measures the block of a named statement

# Every statement of the worker goes by keys. The planner must not take the size of a table that was empty when the
# session began, or of one that nobody has analyzed, for a reason to read all of it.
PLANS = {
    "plan_cache_mode": "force_custom_plan", "enable_seqscan": "off", "enable_hashjoin": "off",
    "enable_mergejoin": "off", "jit": "off",
}  # fmt: skip
# For sessions whose statements go by the same keys when they were planned on empty tables (tests/worker/test_plans.py);
# `plan_by_values` comes before the others.
PLANS_ONCE = PLANS | {"plan_cache_mode": "force_generic_plan"}
# A crash of the server may undo the last commits, in their order, unless a later one of another session did wait.
UNHURRIED = {"synchronous_commit": "off"}
ATTEMPTS = 5
CONNECT_SECONDS = 10.0
# SQLSTATE classes: what was sent cannot be held (data, integrity, syntax or privilege, limits) or may be tried again.
_REFUSALS = ("21", "22", "23", "42", "54")
_AGAIN = "40"


def untimed(_statement: str) -> AbstractContextManager[None]:
    """Where nobody measures."""
    return nullcontext()


def open_pool(
    dsn: str, size: int, settings: Mapping[str, str] = PLANS, *, name: str = "atlas-worker"
) -> Pool:
    """A pool of fixed sessions; a session that broke is replaced. Opens nothing before the first use."""
    return ConnectionPool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        reconnect_timeout=CONNECT_SECONDS,
        configure=partial(_prepare, settings=settings),
        kwargs={"application_name": name, "client_encoding": "UTF8"},
        open=True,
    )


def _prepare(connection: Connection, settings: Mapping[str, str]) -> None:
    connection.autocommit = True
    fix_session(connection)
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])


@contextmanager
def _session(pool: Pool) -> Iterator[Connection]:
    with pool.connection() as connection, connection.transaction():
        yield connection


def transact(pool: Pool, work: Callable[[Connection], Answer]) -> Answer:
    """`work` in one transaction, again where it met a deadlock. Raises StoreUnavailable and TurnRefused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _session(pool) as connection:
                return work(connection)
        except (psycopg.Error, PoolTimeout) as cause:
            if _may_be_repeated(cause) and attempt < ATTEMPTS:
                continue
            raise _meaning(cause) from cause
    raise AssertionError("the last attempt returns or raises")


def _may_be_repeated(cause: Exception) -> bool:
    return _state(cause).startswith(_AGAIN)


def is_refusal(cause: Exception) -> bool:
    """Whether the database will never hold what was sent."""
    return _state(cause)[:2] in _REFUSALS


def _meaning(cause: Exception) -> Exception:
    if is_refusal(cause):
        return TurnRefused(_first_line(cause))
    return StoreUnavailable(_first_line(cause))


def _state(cause: Any) -> str:
    return getattr(cause, "sqlstate", None) or ""


def _first_line(cause: Exception) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
