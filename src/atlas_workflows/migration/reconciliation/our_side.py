"""Reads our side of a batch of source rows: ledger, originals, quarantine, and the enhanced rows made of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose
from psycopg.rows import class_row

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql

SCHEMA = "atlas"
CONTROL = frozenset(
    {"originals", "migration_ledger", "quarantine", "validation_failing_keys", "captured_changes"}
)
# Large tables are entered by an indexed id instead of by (source_table, source_id).
ENTERED_BY = {"workflow_executions": "id", "workflow_execution_steps": "execution_id"}
# A workflow's triggers are its own, whichever legacy row (a registered trigger, a schedule) they name as their source.
OWNED_BY_WORKFLOW = {"workflow_triggers": "workflow_id"}
WORKFLOWS = "workflows"

TargetRow = dict[str, Any]
TargetRows = dict[str, list[TargetRow]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the control tables say about one source row; `has_ledger` is False for one found gone earlier."""

    id: str
    has_ledger: bool
    organization_id: str | None
    outcome: str | None
    reasons: str | None
    changes: str | None
    source_hash: str | None
    target_hash: str | None
    has_original: bool
    original_organization_id: str | None
    content: str | None
    sealed: bytes | None
    content_hash: str | None
    is_quarantined: bool
    quarantine_organization_id: str | None
    quarantine_reasons: str | None
    is_pending: bool


@dataclass(frozen=True, slots=True)
class TargetTable:
    """An enhanced table whose rows say what they were made of; text arrays are read as lists."""

    name: str
    columns: tuple[str, ...]
    arrays: frozenset[str]


def read_entries(connection: Connection, table: str, ids: Sequence[str]) -> dict[str, Entry]:
    """By source id; every id asked for has an entry."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        cursor.execute(sql("reconciliation/ledger").encode(), {"table": table, "ids": list(ids)})
        return {entry.id: entry for entry in cursor}


def read_target_tables(connection: Connection) -> tuple[TargetTable, ...]:
    """Every table of schema atlas that carries source_table, source_id and organization_id."""
    rows = connection.execute(sql("reconciliation/target_tables").encode(), {"schema": SCHEMA}).fetchall()
    return tuple(
        TargetTable(name, tuple(columns), frozenset(arrays))
        for name, columns, arrays in rows
        if name not in CONTROL
    )


def read_targets(
    connection: Connection, tables: Sequence[TargetTable], source_table: str, ids: Sequence[str]
) -> dict[str, TargetRows]:
    """source id -> enhanced table -> rows of column -> text (a list for text[])."""
    found: dict[str, TargetRows] = defaultdict(lambda: defaultdict(list))
    asked = frozenset(ids)
    for table in tables:
        owner = OWNED_BY_WORKFLOW.get(table.name)
        if owner and source_table != WORKFLOWS:
            continue
        for values in connection.execute(
            _select(table, source_table), {"table": source_table, "ids": list(ids)}
        ):
            row = dict(zip(table.columns, values, strict=True))
            found[row[owner] if owner and row[owner] in asked else row["source_id"]][table.name].append(row)
    return found


def _select(table: TargetTable, source_table: str) -> compose.Composed:
    columns = compose.SQL(", ").join(
        compose.SQL("{}" if name in table.arrays else "{}::text").format(compose.Identifier(name))
        for name in table.columns
    )
    return compose.SQL("SELECT {} FROM {} WHERE {}").format(
        columns, compose.Identifier(SCHEMA, table.name), _condition(table.name, source_table)
    )


def _condition(table: str, source_table: str) -> compose.Composable:
    owner = OWNED_BY_WORKFLOW.get(table)
    if owner:
        return compose.SQL("{} AND source_table IS NOT NULL").format(_by_id(owner))
    return compose.SQL("source_table = %(table)s AND {}").format(_entrance(table, source_table))


def _entrance(table: str, source_table: str) -> compose.Composable:
    column = ENTERED_BY.get(table)
    if column is None:
        return compose.SQL("source_id = ANY(%(ids)s)")
    if source_table == table:
        column = "id"
    return _by_id(column)


def _by_id(column: str) -> compose.Composable:
    # A source id that is no UUID was derived; only source_id finds those rows.
    return compose.SQL(
        "({} = ANY(ARRAY(SELECT g::uuid FROM unnest(%(ids)s::text[]) AS g WHERE pg_input_is_valid(g, 'uuid')))"
        " OR source_id = ANY(ARRAY(SELECT g FROM unnest(%(ids)s::text[]) AS g WHERE NOT pg_input_is_valid(g, 'uuid'))))"
    ).format(compose.Identifier(column))


def is_empty(rows: Mapping[str, Sequence[TargetRow]]) -> bool:
    """Whether no enhanced table holds anything of the source row."""
    return not any(rows.values())
