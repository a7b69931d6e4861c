"""Events: emitted by code, listed for support, and captured from the CRM's tables by triggers that can be taken off again."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError, InputError, PermissionMissing
from atlas_workflows.worker.messages import json_text

SCHEMA = "public"
# A waiting lock request blocks every writer behind it, so it waits shortly and tries again later.
LOCK_TIMEOUT = "300ms"
ATTEMPTS = 40
NO_ORGANIZATION = "It has no organization."
NOT_ALLOWED = (errors.InsufficientPrivilege, errors.WrongObjectType)


@dataclass(frozen=True, slots=True)
class Noted:
    """An event as support sees it. `source`: code, or the table it was captured from; `caused_by`: by which execution's action."""

    organization: str
    key: str
    type: str
    subject: str | None
    source: str
    occurred_at: datetime
    handled_at: datetime | None
    caused_by: str | None
    started: int | None
    refused: int | None
    told: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to list."""

    organization: str | None = None
    subject: str | None = None
    type: str | None = None
    waiting: bool = False
    failed: bool = False
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Captured:
    """A table of the CRM that events can come from. `why`: why they do not."""

    table: str
    kind: str
    is_captured: bool
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CaptureWarning:
    """A change of the CRM that could not be noted as an event."""

    source_table: str
    operation: str
    sqlstate: str
    message: str
    at: datetime


def emit(
    connection: Connection,
    organization: str,
    type: str,  # noqa: A002
    subject: str | None,
    data: Mapping[str, Any],
    *,
    key: str | None = None,
    anchor: str | None = None,
) -> bool:
    """Say that something happened, in the caller's transaction; False where the organization knows the key already."""
    given = {
        "organization": organization, "type": type, "subject": subject, "data": json_text(dict(data)), "key": key,
        "anchor": anchor,
    }  # fmt: skip
    return bool(scalar(connection, sql("events/emit"), given))


def list_events(connection: Connection, wanted: Wanted) -> list[Noted]:
    """The newest first."""
    given = {name: getattr(wanted, name) for name in Wanted.__slots__}
    return rows(connection, Noted, sql("events/list"), given)


def handle_again(connection: Connection, organization: str, key: str) -> None:
    """Let an event that failed be handled again. Raises InputError where none of this key did."""
    given = {"organization": organization, "key": key}
    if connection.execute(sql("events/again"), given).rowcount == 0:
        raise InputError(
            "No event of this key has failed.", remedy="See `atlas events list --failed`; it may be handled."
        )
    connection.execute(sql("events/notify"))


def captures(connection: Connection) -> list[Captured]:
    """The tables that the database has of those that events come from."""
    found = connection.execute(sql("events/captures"), {"schema": SCHEMA}).fetchall()
    return [
        Captured(table, kind, is_captured, None if has_organization else NO_ORGANIZATION)
        for table, kind, is_captured, has_organization in found
    ]


def warnings(connection: Connection, limit: int) -> list[CaptureWarning]:
    """The newest first."""
    return rows(connection, CaptureWarning, sql("events/warnings"), {"limit": limit})


def install_capture(connection: Connection, sleep: Callable[[float], None] = time.sleep) -> list[Captured]:
    """Put a trigger on every table that events come from and that names its organization; needs an autocommit session.

    What this role may not do is named in the answer. Raises DatabaseError where a table stays locked by others.
    """
    return [
        found if found.is_captured or found.why is not None else _install(connection, found, sleep)
        for found in captures(connection)
    ]


def require_captured(found: Iterable[Captured]) -> None:
    """Raises PermissionMissing for a table that this role may not put a trigger on."""
    for each in found:
        if each.why is not None and each.why != NO_ORGANIZATION:
            raise PermissionMissing(
                f"Changes of table {each.table} cannot become events: {each.why}.",
                remedy=f"GRANT TRIGGER ON {each.table} TO the role that migrates, then run the same command again.",
                table=each.table,
            )


def remove_capture(connection: Connection, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Take the triggers off again; returns from which tables."""
    found = [each.table for each in captures(connection) if each.is_captured]
    for table in found:
        statement = sql("events/drop_capture").format(table=compose.Identifier(SCHEMA, table))
        _patiently(connection, table, statement, sleep)
    return found


def _install(connection: Connection, found: Captured, sleep: Callable[[float], None]) -> Captured:
    statement = sql("events/create_capture").format(
        table=compose.Identifier(SCHEMA, found.table),
        kind=compose.Literal(found.kind),
        name=compose.Literal(found.table),
    )
    try:
        _patiently(connection, found.table, statement, sleep)
    except NOT_ALLOWED as cause:
        return Captured(found.table, found.kind, False, cause.diag.message_primary)
    return Captured(found.table, found.kind, True)


def _patiently(
    connection: Connection, table: str, statement: compose.Composed, sleep: Callable[[float], None]
) -> None:
    for pause in _pauses():
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
                connection.execute(statement)
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            sleep(pause)
    raise DatabaseError(
        f"Table {SCHEMA}.{table} stays locked, so its changes cannot become events.",
        remedy="Let the long transaction on it end (pg_stat_activity shows it), then run the same command again.",
        table=table,
    )


def _pauses() -> Iterable[float]:
    return (min(2.0, 0.05 * 2 ** min(attempt, 6)) for attempt in range(ATTEMPTS))
