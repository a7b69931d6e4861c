"""A backup without pg_dump, for servers that no client tool here can talk to: the catalog's own words, and COPY."""

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.sequences import SequenceState
from atlas_workflows.migration.backup.tables import TableName

SCHEMA = "schema.json"
TABLES = "tables.json"
LEFT_OUT = "left_out.json"
AFTER_DATA = 4
LAST = 9


def dump(
    connection: Connection, tables: Sequence[TableName], folder: Path, sequences: Iterable[SequenceState] = ()
) -> None:
    """Write schema.json (the whole database's definitions) and one gzip'd COPY file per table of `tables`.

    Raises BackupError where a column of theirs needs what this kind of backup cannot carry.
    """
    folder.mkdir()
    left_out = _left_out(connection, tables)
    # An empty search path makes the catalog's functions write every name in full.
    connection.execute("SET LOCAL search_path = ''")
    statements = [
        [stage, text] for stage, text in connection.execute(sql("backup/schema_statements"), {}).fetchall()
    ]
    connection.execute("SET LOCAL search_path = pg_catalog, public")
    statements += [[LAST, state.setting] for state in sequences]
    (folder / SCHEMA).write_text(json.dumps(statements))
    (folder / LEFT_OUT).write_text(json.dumps(left_out))
    index = {}
    for number, table in enumerate(tables):
        file = f"{number:04d}.copy.gz"
        index[file] = [table.schema, table.name, _copy_out(connection, table, folder / file)]
    (folder / TABLES).write_text(json.dumps(index))


def restore(connection: Connection, folder: Path) -> list[str]:
    """Make the definitions, copy the data in, add keys and the rest; returns what is not as it was, as sentences."""
    statements: list[tuple[int, str]] = [
        (stage, text) for stage, text in json.loads((folder / SCHEMA).read_text())
    ]
    early, _ = _execute_each(connection, [text for stage, text in statements if stage < AFTER_DATA])
    for file, (schema, name, columns) in json.loads((folder / TABLES).read_text()).items():
        _copy_in(connection, TableName(schema, name), columns, folder / file)
    # A function may need a view, and a view a key: what waited has its turn again.
    late = [text for stage, text in statements if stage >= AFTER_DATA]
    _, refused = _execute_each(connection, [*early, *late])
    left_out = folder / LEFT_OUT
    return [*(json.loads(left_out.read_text()) if left_out.exists() else ()), *refused]


def _left_out(connection: Connection, tables: Iterable[TableName]) -> list[str]:
    parameters = {"tables": [table.pattern for table in tables]}
    rows = connection.execute(sql("backup/not_carried"), parameters).fetchall()
    needed = [f"{kind} {name}" for kind, name, is_needed in rows if is_needed]
    if needed:
        raise BackupError(
            f"Columns to back up need what a backup without pg_dump cannot carry: {', '.join(needed)}.",
            remedy="Install pg_dump of the server's version or newer, or name its folder with ATLAS_PG_BIN.",
        )
    return [f"{kind} {name}: a backup without pg_dump does not carry it" for kind, name, _needed in rows]


def _copy_out(connection: Connection, table: TableName, path: Path) -> list[str]:
    query = compose.SQL("SELECT * FROM {} LIMIT 0").format(table.identifier)
    names = [column.name for column in connection.execute(query).description or ()]
    stored = _stored_columns(connection, table, names)
    listed = compose.SQL(", ").join(map(compose.Identifier, stored))
    command = compose.SQL("COPY (SELECT {} FROM ONLY {}) TO STDOUT").format(listed, table.identifier)
    with gzip.open(path, "wb", compresslevel=1) as writer, connection.cursor().copy(command) as copy:
        for block in copy:
            writer.write(block)
    return stored


def _stored_columns(connection: Connection, table: TableName, names: list[str]) -> list[str]:
    generated = scalars(
        connection,
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s AND is_generated = 'ALWAYS'",
        [table.schema, table.name],
    )
    return [name for name in names if name not in generated]


def _copy_in(connection: Connection, table: TableName, columns: list[str], path: Path) -> None:
    listed = compose.SQL(", ").join(map(compose.Identifier, columns))
    command = compose.SQL("COPY {} ({}) FROM STDIN").format(table.identifier, listed)
    try:
        with gzip.open(path, "rb") as reader, connection.cursor().copy(command) as copy:
            while block := reader.read(1 << 18):
                copy.write(block)
    except psycopg.Error as cause:
        raise BackupError(
            f"{table} could not be restored: {cause}.", remedy="Take an older backup."
        ) from cause


def _execute_each(connection: Connection, statements: list[str]) -> tuple[list[str], list[str]]:
    """Definitions depend on each other in ways a list cannot show, so retry what failed while anything succeeds.

    Returns the statements that failed to the end, and why.
    """
    waiting, errors = statements, list[str]()
    while waiting:
        failed, errors = [], []
        for statement in waiting:
            try:
                with connection.transaction():
                    connection.execute(statement.encode())
            except psycopg.Error as error:
                failed.append(statement)
                errors.append(f"{str(error).splitlines()[0]}: {statement[:120]}")
        if len(failed) == len(waiting):
            break
        waiting = failed
    return waiting, errors
