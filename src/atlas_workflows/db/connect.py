"""Connections whose session is fixed, so that column::text means the same everywhere and no policy hides rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql as compose
from psycopg.rows import TupleRow

from atlas_workflows.db.faults import AGAIN, fault_while_connecting
from atlas_workflows.db.poolers import require_own_session
from atlas_workflows.db.rows import scalar
from atlas_workflows.errors import DatabaseUnreachable, PermissionMissing
from atlas_workflows.settings import UNREADABLE, masked_dsn

Connection = psycopg.Connection[TupleRow]

# Every setting that changes how a value is written as text is fixed, because hashes are taken over that text.
# row_security = off makes a policy that would hide rows raise an error instead.
SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "xmloption": "content",
    "lc_monetary": "C",
    "search_path": "pg_catalog, public",
    # Names of types would be printed in quotes, and be types that nobody knows.
    "quote_all_identifiers": "off",
    "row_security": "off",
    # What a database or role sets for its application would end long statements, or sessions that wait their turn.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "default_transaction_isolation": "read committed",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
}
# Settings that only newer servers know.
SINCE = {170_000: {"transaction_timeout": "0"}}
APPLICATION_ROLE = "atlas_app"


def connect(
    dsn: str, *, application_name: str, autocommit: bool = False, connect_timeout: int = 10, **options: Any
) -> Connection:
    """Open a session with the fixed settings above.

    Raises DatabaseUnreachable (wrong host, password, database, …), and DatabaseError for a pooler that shares sessions;
    the message never holds the password.
    """

    def open_one() -> Connection:
        return psycopg.connect(
            dsn,
            application_name=application_name,
            autocommit=True,
            connect_timeout=connect_timeout,
            client_encoding="UTF8",
            **options,
        )

    try:
        connection = open_one()
    except psycopg.OperationalError as cause:
        raise _unreachable(dsn, cause) from cause
    except psycopg.ProgrammingError as cause:
        raise DatabaseUnreachable(
            "The database address cannot be read.",
            remedy="Write it as postgresql://user:password@host:port/database.",
        ) from cause
    try:
        require_own_session(connection, fix_session(connection), open_one)
    except BaseException:
        connection.close()
        raise
    connection.autocommit = autocommit
    return connection


def fix_session(connection: Connection) -> int:
    """Give a session the fixed settings and say which server process it is; one round trip."""
    columns = compose.SQL(", ").join(
        compose.SQL("set_config({}, {}, false)").format(compose.Literal(name), compose.Literal(value))
        for name, value in session_settings(connection).items()
    )
    return int(scalar(connection, compose.SQL("SELECT pg_catalog.pg_backend_pid(), {}").format(columns)))


def session_settings(connection: Connection) -> dict[str, str]:
    """The fixed settings that this server knows."""
    version = connection.info.server_version
    newer = [settings for since, settings in SINCE.items() if version >= since]
    return SESSION | {name: value for settings in newer for name, value in settings.items()}


@contextmanager
def application_transaction(connection: Connection, organization_id: UUID | str) -> Iterator[Connection]:
    """One transaction under the application role, seeing only `organization_id`; nothing of it outlives the block."""
    with connection.transaction():
        try:
            connection.execute(compose.SQL("SET LOCAL ROLE {}").format(compose.Identifier(APPLICATION_ROLE)))
        except psycopg.errors.InsufficientPrivilege as cause:
            raise PermissionMissing(
                f"This login may not become {APPLICATION_ROLE}.",
                remedy=f"Run `atlas schema roles-script` as an administrator, or GRANT {APPLICATION_ROLE} TO it.",
            ) from cause
        connection.execute("SET LOCAL row_security = on")
        connection.execute("SELECT set_config('atlas.organization_id', %s, true)", [str(organization_id)])
        yield connection


def _unreachable(dsn: str, cause: psycopg.Error) -> DatabaseUnreachable:
    where = masked_dsn(dsn)
    if where == UNREADABLE:
        # Read as written, part of the password is a host or a port, and the driver's words would show it.
        return DatabaseUnreachable(
            "The database address holds more than one @, or a / before it.",
            remedy="Write an @ of the user or password as %40, and a / as %2F.",
        )
    said = _first_line(cause)
    fault = fault_while_connecting(said)
    return DatabaseUnreachable(
        f"No connection to {where}: {said}.",
        remedy=f"{fault.remedy} {AGAIN}"
        if fault
        else "Check host, port, database, user and password, and that the server accepts this client.",
        passes=True,
    )


def _first_line(cause: BaseException) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__
