"""Installs the triggers that note which legacy rows change, each with a short lock and patience, and takes them off."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.legacy.records import SourceTable

SCHEMA = "public"
# A waiting lock request blocks every writer behind it, so it waits shortly and tries again later.
LOCK_TIMEOUT = "300ms"
ATTEMPTS = 40
NOT_ALLOWED = (errors.InsufficientPrivilege, errors.WrongObjectType)


@dataclass(frozen=True, slots=True)
class Capture:
    """Whether changes of a table are noted. `always`: also those of replication and bulk loads. `why`: why not."""

    table: str
    is_captured: bool
    always: bool = False
    why: str | None = None


def install_capture(
    connection: Connection, tables: Sequence[SourceTable], sleep: Callable[[float], None] = time.sleep
) -> tuple[Capture, ...]:
    """Put the triggers on every table where this role may; needs an autocommit session.

    Raises PhaseRefused when a table stays locked by others through all attempts.
    """
    present = _present(connection)
    done = []
    for table in tables:
        known = present.get(table.table)
        done.append(known if known is not None and known.always else _install(connection, table, sleep))
    return tuple(done)


def captured_tables(connection: Connection) -> tuple[Capture, ...]:
    """The legacy tables whose changes are noted right now."""
    return tuple(_present(connection).values())


def remove_capture(
    connection: Connection, tables: Iterable[str], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Take the triggers off again, from every part of the tables."""
    found = connection.execute(sql("migration/movement/own_triggers"), {"tables": list(tables)}).fetchall()
    for schema, name, trigger in found:
        drop = "drop_capture_row" if trigger == "atlas_capture" else "drop_capture_truncate"
        _patiently(connection, name, [_composed(drop, compose.Identifier(schema, name))], sleep)


def _install(connection: Connection, table: SourceTable, sleep: Callable[[float], None]) -> Capture:
    function = compose.Identifier("atlas", f"capture_by_{table.key}")
    statement = sql("migration/movement/capture_function")
    connection.execute(statement.format(function=function, key=compose.Identifier(table.key)))
    connection.execute(compose.SQL("REVOKE ALL ON FUNCTION {}() FROM PUBLIC").format(function))
    family = _family(connection, table.table)
    words = {"function": function, "root": compose.Literal(table.table)}
    statements = [
        _composed(name, part, **words)
        for part, wants_row_trigger in family
        for name in ("create_capture_row", "create_capture_truncate")
        if wants_row_trigger or name == "create_capture_truncate"
    ]
    try:
        _patiently(connection, table.table, statements, sleep)
    except NOT_ALLOWED as cause:
        return Capture(table.table, False, why=cause.diag.message_primary)
    try:
        _patiently(connection, table.table, [_composed("enable_capture", part) for part, _ in family], sleep)
    except NOT_ALLOWED:
        return Capture(table.table, True, always=False)
    return Capture(table.table, True, always=True)


def _family(connection: Connection, table: str) -> list[tuple[compose.Identifier, bool]]:
    """The table, its partitions and its children; whether each needs a row trigger of its own."""
    name = compose.Identifier(SCHEMA, table).as_string(connection)
    rows = connection.execute(sql("migration/movement/family"), {"table": name})
    return [(compose.Identifier(schema, part), wants) for _depth, schema, part, wants in rows]


def _patiently(
    connection: Connection,
    table: str,
    statements: Sequence[compose.Composed],
    sleep: Callable[[float], None],
) -> None:
    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
                for statement in statements:
                    connection.execute(statement)
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            sleep(min(2.0, 0.05 * 2 ** min(attempt, 6)))
    raise PhaseRefused(
        f"Table {SCHEMA}.{table} stays locked, so its changes cannot be captured.",
        remedy="Let the long transaction on it end (pg_stat_activity shows it), then run the same command again.",
        table=table,
    )


def _present(connection: Connection) -> dict[str, Capture]:
    rows = connection.execute(sql("migration/movement/capture_triggers"), {"schema": SCHEMA})
    return {table: Capture(table, is_captured, always) for table, is_captured, always in rows}


def _composed(name: str, table: compose.Identifier, **words: compose.Composable) -> compose.Composed:
    return sql(f"migration/movement/{name}").format(table=table, **words)
