"""Reads our side of a batch of source rows: ledger, originals, quarantine, and the enhanced rows made of them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads

ARCHIVE = "archive"
SCHEMA = "atlas"
CONTROL = frozenset(
    {
        "originals",
        "migration_ledger",
        "quarantine",
        "validation_failing_keys",
        "captured_changes",
        "legacy_writes",
    }
)
STEPS = "workflow_execution_steps"
# Large tables are entered by an indexed id instead of by (source_table, source_id).
ENTERED_BY = {"workflow_executions": "id", STEPS: "execution_id"}
# A workflow's triggers are its own, whichever legacy row (a registered trigger, a schedule) they name as their source.
OWNED_BY_WORKFLOW = {"workflow_triggers": "workflow_id"}
WORKFLOWS = "workflows"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

TargetRow = dict[str, Any]
TargetRows = dict[str, list[TargetRow]]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
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


def read_entries(connection: Connection, table: str, ids: Sequence[str]) -> dict[str, LedgerEntry]:
    """By source id; every id asked for has an entry."""
    parameters = {"table": table, "ids": list(ids)}
    found = rows(connection, LedgerEntry, sql("reconciliation/ledger"), parameters, binary=True)
    return {entry.id: entry for entry in found}


def read_target_tables(connection: Connection) -> tuple[TargetTable, ...]:
    """Every table of schema atlas that carries source_table, source_id and organization_id."""
    found = rows(connection, _target_table, sql("reconciliation/target_tables"), {"schema": SCHEMA})
    return tuple(table for table in found if table.name not in CONTROL)


def _target_table(name: str, columns: list[str], arrays: list[str]) -> TargetTable:
    return TargetTable(name, tuple(columns), frozenset(arrays))


def read_targets(
    connection: Connection, tables: Sequence[TargetTable], source_table: str, ids: Sequence[str]
) -> dict[str, TargetRows]:
    """source id -> enhanced table -> rows of column -> text (a list for text[])."""
    found: dict[str, TargetRows] = defaultdict(lambda: defaultdict(list))
    asked = frozenset(ids)
    uuids = [key for key in ids if _UUID.fullmatch(key)]
    derived = [key for key in ids if not _UUID.fullmatch(key)]
    parameters = {"table": source_table, "ids": list(ids), "uuids": uuids, "derived": derived}
    for table in tables:
        owner = OWNED_BY_WORKFLOW.get(table.name)
        if owner and source_table != WORKFLOWS:
            continue
        for values in connection.execute(_select(table, source_table, bool(derived)), parameters):
            row = dict(zip(table.columns, values, strict=True))
            found[row[owner] if owner and row[owner] in asked else row["source_id"]][table.name].append(row)
    return found


def _select(table: TargetTable, source_table: str, has_derived: bool) -> compose.Composed:
    columns = compose.SQL(", ").join(
        compose.SQL("{}" if name in table.arrays else "{}::text").format(compose.Identifier(name))
        for name in table.columns
    )
    return compose.SQL("SELECT {} FROM {} WHERE {}").format(
        columns, compose.Identifier(SCHEMA, table.name), _condition(table.name, source_table, has_derived)
    )


def _condition(table: str, source_table: str, has_derived: bool) -> compose.Composable:
    owner = OWNED_BY_WORKFLOW.get(table)
    if owner:
        return compose.SQL("{} AND source_table IS NOT NULL").format(_by_id(owner, has_derived))
    return compose.SQL("source_table = %(table)s AND {}").format(_entrance(table, source_table, has_derived))


def _entrance(table: str, source_table: str, has_derived: bool) -> compose.Composable:
    column = ENTERED_BY.get(table)
    if column is None:
        return compose.SQL("source_id = ANY(%(ids)s)")
    if source_table == table:
        column = "id"
    return _by_id(column, has_derived)


def _by_id(column: str, has_derived: bool) -> compose.Composable:
    # A source id that is no UUID was derived, and only source_id finds its rows. No index has that column, so it is
    # named only where there are such ids: a mere OR has the whole table read for every batch.
    derived = " OR source_id = ANY(%(derived)s)" if has_derived else ""
    return compose.SQL(f"({{}} = ANY(%(uuids)s::uuid[]){derived})").format(compose.Identifier(column))


def read_archived(connection: Connection, table: str, ids: Sequence[str]) -> dict[str, TargetRow]:
    """source id -> the row of the archive that a migration made of it; the archive names no source table."""
    found: list[TargetRow] = rows(
        connection, dict, sql("reconciliation/archived"), {"table": table, "ids": list(ids)}
    )
    return {row["row_id"]: row for row in found}


def is_empty(rows: Mapping[str, Sequence[TargetRow]]) -> bool:
    """Whether no enhanced table holds anything of the source row."""
    return not any(rows.values())


def codes(reasons: str | None) -> list[str]:
    """The codes of a reasons or changes column, as often as they occur."""
    if reasons is None or reasons == "[]":
        return []
    return [str(item.get("code")) for item in loads(reasons) if isinstance(item, dict)]
