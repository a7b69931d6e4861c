"""The enhanced side as the loader sees it: COPY for new rows, keyed upserts for those that may be there already."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.pace.throttle import Breathe, no_rest

SCHEMA = "atlas"
# Columns that belong to what happened since a row was first written; writing it again leaves them alone.
KEPT_ON_REWRITE: Mapping[str, frozenset[str]] = {
    "originals": frozenset({"first_seen_run"}),
    "migration_ledger": frozenset({"phase"}),
    "workflows": frozenset({"owner", "published_version"}),
    "secrets": frozenset({"created_at", "phase"}),
}
# What a phase wrote stays its own when a later one writes it again; what was rolled back belongs to who writes it anew.
OWN_UNTIL_ROLLED_BACK = compose.SQL(
    "phase = CASE WHEN migration_ledger.rolled_back_at IS NULL THEN migration_ledger.phase ELSE excluded.phase END"
)
# Rows of these tables are found by an indexed id; a scan over a million executions per batch would not do.
INDEXED_BY: Mapping[str, str] = {"workflow_executions": "id", "workflow_execution_steps": "execution_id"}
LARGE_TABLES = "workflow_execution"
# What a rewrite updates in place, because its revision, owner or history hang on the row.
UPSERTED = ("workflows",)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

RowGroups = dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Target:
    """Primary keys of the enhanced tables, and which tables say where their rows came from."""

    keys: Mapping[str, tuple[str, ...]]
    traced: tuple[str, ...]


def read_target(connection: Connection) -> Target:
    """Read it from the catalog of schema atlas."""
    catalog = read_catalog(connection, schema=SCHEMA)
    traced = tuple(
        table
        for table, columns in catalog.tables.items()
        if "source_id" in columns and "organization_id" in columns
    )
    return Target(keys=catalog.keys, traced=tuple(table for table in traced if table not in CONTROL_TABLES))


CONTROL_TABLES = frozenset(
    {
        "originals",
        "migration_ledger",
        "quarantine",
        "validation_failing_keys",
        "captured_changes",
        "legacy_writes",
    }
)


def tables_of(target: Target, recorded: Iterable[str]) -> list[str]:
    """Tables that may hold rows of an earlier load: the large ones only where the ledger recorded them."""
    named = frozenset(recorded)
    return [table for table in target.traced if table in named or not table.startswith(LARGE_TABLES)]


def grouped(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> RowGroups:
    """Rows by table and by the set of columns they give; each group is one COPY."""
    groups: RowGroups = defaultdict(list)
    for table, row in rows:
        groups[table, tuple(row)].append(tuple(row.values()))
    return groups


def copy_in(connection: Connection, groups: RowGroups, breathe: Breathe = no_rest) -> None:
    """COPY every group into its table."""
    for (table, columns), rows in groups.items():
        statement = compose.SQL("COPY {} ({}) FROM STDIN").format(_table(table), _names(columns))
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        breathe()


def gather_statistics(connection: Connection) -> None:
    """Let the planner know what was loaded; it takes a table that just was empty for empty, and joins in nested loops."""
    for table in scalars(connection, sql("migration/movement/own_tables")):
        connection.execute(compose.SQL("ANALYZE {}").format(_table(table)))


def upsert(connection: Connection, target: Target, groups: RowGroups) -> None:
    """Insert every row, or bring the row with the same key to this state."""
    for (table, columns), rows in groups.items():
        statement = _upsert_statement(table, columns, target.keys[table])
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def remove(connection: Connection, tables: Iterable[str], source_table: str, ids: Sequence[str]) -> None:
    """Delete what was made of these source rows, in the given tables."""
    if not ids:
        return
    uuids = [key for key in ids if _UUID.fullmatch(key)]
    derived = [key for key in ids if not _UUID.fullmatch(key)]
    parameters = {"source_table": source_table, "ids": list(ids), "uuids": uuids, "derived": derived}
    for table in tables:
        connection.execute(
            compose.SQL("DELETE FROM {} WHERE source_table = %(source_table)s AND {}").format(
                _table(table), _made_of(table, source_table, bool(derived))
            ),
            parameters,
        )


def _made_of(table: str, source_table: str, has_derived: bool) -> compose.Composable:
    column = INDEXED_BY.get(table)
    if column is None:
        return compose.SQL("source_id = ANY(%(ids)s)")
    if source_table == table:
        column = "id"
    # An id that is no UUID was derived, and then only source_id tells. It has no index, so it is named only where it
    # is needed: a mere OR has all partitions read.
    derived = " OR source_id = ANY(%(derived)s)" if has_derived else ""
    return compose.SQL(f"({{}} = ANY(%(uuids)s::uuid[]){derived})").format(compose.Identifier(column))


def _upsert_statement(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> compose.Composed:
    kept = KEPT_ON_REWRITE.get(table, frozenset()) | set(key)
    updates: list[compose.Composable] = [
        compose.SQL("{0} = excluded.{0}").format(compose.Identifier(name))
        for name in columns
        if name not in kept
    ]
    if table == "workflows":
        updates.append(compose.SQL("revision = workflows.revision + 1"))
    if table == "migration_ledger":
        updates.append(OWN_UNTIL_ROLLED_BACK)
    return compose.SQL("INSERT INTO {} AS {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
        _table(table),
        compose.Identifier(table),
        _names(columns),
        compose.SQL(", ").join(compose.Placeholder() for _ in columns),
        _names(key),
        compose.SQL(", ").join(updates),
    )


def _table(table: str) -> compose.Identifier:
    return compose.Identifier(SCHEMA, table)


def _names(columns: Iterable[str]) -> compose.Composed:
    return compose.SQL(", ").join(compose.Identifier(name) for name in columns)
