"""Side rows that are cheap to find for a whole table at once, and dear row by row: found once, kept for the session."""

from dataclasses import replace
from weakref import WeakKeyDictionary

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.records import InBulk, SideTable, SourceTable

# Sessions that may make no temporary table (a standby, a role without the right) look row by row.
NOT_ALLOWED = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)
# When the session that looked began to: a row that came since counts as younger.
LOOKED_AT = "atlas.twins_looked_at"
_prepared: WeakKeyDictionary[Connection, dict[str, bool]] = WeakKeyDictionary()


def for_a_pass(connection: Connection, table: SourceTable) -> SourceTable:
    """The table with the statements for a pass in force where they can be; needs an autocommit session."""
    if all(side.in_bulk is None for side in table.sides):
        return table
    return replace(table, sides=tuple(_in_bulk(connection, side) for side in table.sides))


def lend(lender: Connection, borrower: Connection, table: SourceTable) -> None:
    """What one session found for a table becomes another's as well: looking anew would take a pass over the whole table."""
    for side in table.sides:
        if side.in_bulk is not None and _done(lender).get(side.in_bulk.table):
            found = _done(borrower)
            if side.in_bulk.table not in found:
                found[side.in_bulk.table] = _borrow(lender, borrower, side.in_bulk)


def is_prepared(connection: Connection, bulk: InBulk) -> bool:
    """Whether the session has what was found; it looks at the first call, where it may at all."""
    done = _done(connection)
    if bulk.table not in done:
        done[bulk.table] = _look(connection, bulk)
    return done[bulk.table]


def _in_bulk(connection: Connection, side: SideTable) -> SideTable:
    if side.in_bulk is None:
        return side
    return replace(side, statement=side.in_bulk.statement) if is_prepared(connection, side.in_bulk) else side


def _done(connection: Connection) -> dict[str, bool]:
    return _prepared.setdefault(connection, {})


def _look(connection: Connection, bulk: InBulk) -> bool:
    try:
        connection.execute("SELECT set_config(%s, now()::text, false)", [LOOKED_AT])
        with connection.transaction():
            connection.execute(sql(bulk.makes))
            connection.execute(sql(bulk.fills))
    except NOT_ALLOWED:
        return False
    return True


def _borrow(lender: Connection, borrower: Connection, bulk: InBulk) -> bool:
    table = compose.Identifier("pg_temp", bulk.table)
    out, into = compose.SQL("COPY {} TO STDOUT"), compose.SQL("COPY {} FROM STDIN")
    try:
        with borrower.transaction():
            borrower.execute(sql(bulk.makes))
            with (
                lender.cursor().copy(out.format(table)) as reading,
                borrower.cursor().copy(into.format(table)) as writing,
            ):
                for block in reading:
                    writing.write(block)
    except NOT_ALLOWED:
        return False
    at = scalar(lender, "SELECT current_setting(%s)", [LOOKED_AT])
    borrower.execute("SELECT set_config(%s, %s, false)", [LOOKED_AT, at])
    return True
