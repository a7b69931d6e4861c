"""A backup without pg_dump, for servers that no client tool here can talk to: the catalog's own words, and COPY."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.tables import TableName

SCHEMA = "schema.json"
TABLES = "tables.json"
AFTER_DATA = 4


def dump(connection: Connection, tables: Iterable[TableName], folder: Path) -> None:
    """Write schema.json (the whole database's definitions) and one gzip'd COPY file per table of `tables`."""
    folder.mkdir()
    # An empty search path makes the catalog's functions write every name in full.
    connection.execute("SET LOCAL search_path = ''")
    statements = [
        [stage, text] for stage, text in connection.execute(sql("backup/schema_statements"), {}).fetchall()
    ]
    connection.execute("SET LOCAL search_path = pg_catalog, public")
    (folder / SCHEMA).write_text(json.dumps(statements))
    index = {}
    for number, table in enumerate(tables):
        file = f"{number:04d}.copy.gz"
        index[file] = [table.schema, table.name, _copy_out(connection, table, folder / file)]
    (folder / TABLES).write_text(json.dumps(index))


def restore(connection: Connection, folder: Path) -> list[str]:
    """Make the definitions, copy the data in, add keys and the rest; returns what could not be made, as sentences."""
    statements: list[tuple[int, str]] = [
        (stage, text) for stage, text in json.loads((folder / SCHEMA).read_text())
    ]
    refused = _execute_each(connection, [text for stage, text in statements if stage < AFTER_DATA])
    for file, (schema, name, columns) in json.loads((folder / TABLES).read_text()).items():
        _copy_in(connection, TableName(schema, name), columns, folder / file)
    return refused + _execute_each(connection, [text for stage, text in statements if stage >= AFTER_DATA])


def _copy_out(connection: Connection, table: TableName, path: Path) -> list[str]:
    query = compose.SQL("SELECT * FROM {} LIMIT 0").format(table.identifier)
    names = [column.name for column in connection.execute(query).description or ()]
    stored = _stored_columns(connection, table, names)
    listed = compose.SQL(", ").join(map(compose.Identifier, stored))
    command = compose.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(listed, table.identifier)
    with gzip.open(path, "wb", compresslevel=1) as writer, connection.cursor().copy(command) as copy:
        for block in copy:
            writer.write(block)
    return stored


def _stored_columns(connection: Connection, table: TableName, names: list[str]) -> list[str]:
    generated = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s AND is_generated = 'ALWAYS'",
        [table.schema, table.name],
    ).fetchall()
    return [name for name in names if (name,) not in generated]


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


def _execute_each(connection: Connection, statements: list[str]) -> list[str]:
    """Definitions depend on each other in ways a list cannot show, so retry what failed while anything succeeds."""
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
    return errors
