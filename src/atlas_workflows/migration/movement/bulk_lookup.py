"""Side rows that are cheap to find for a whole table at once, and dear row by row: prepared once per session."""

from dataclasses import replace
from weakref import WeakKeyDictionary

from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.records import SideTable, SourceTable

# Sessions that may make no temporary table (a standby, a role without the right) look row by row.
NOT_ALLOWED = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)
_prepared: WeakKeyDictionary[Connection, dict[str, bool]] = WeakKeyDictionary()


def for_a_pass(connection: Connection, table: SourceTable) -> SourceTable:
    """The table with the statements for a pass in force where they can be; needs an autocommit session."""
    if all(side.in_bulk is None for side in table.sides):
        return table
    return replace(table, sides=tuple(_in_bulk(connection, side) for side in table.sides))


def _in_bulk(connection: Connection, side: SideTable) -> SideTable:
    if side.in_bulk is None:
        return side
    preparation, statement = side.in_bulk
    return replace(side, statement=statement) if is_prepared(connection, preparation) else side


def is_prepared(connection: Connection, preparation: str) -> bool:
    """Whether the session has what this SQL file makes; made at the first call, where it may be made at all."""
    done = _prepared.setdefault(connection, {})
    if preparation not in done:
        done[preparation] = _prepare(connection, preparation)
    return done[preparation]


def _prepare(connection: Connection, preparation: str) -> bool:
    try:
        # Noted before the look, so that a row that comes meanwhile counts as younger.
        connection.execute("SELECT set_config('atlas.twins_looked_at', now()::text, false)")
        connection.execute(sql(preparation))
    except NOT_ALLOWED:
        return False
    return True
