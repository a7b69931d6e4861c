"""Columns that no migration writes must hold what they held when the row was made; one statement a table says which do not."""

from collections.abc import Iterator

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.reconciliation.columns import (
    AT_REST,
    CHANGED_HERE,
    DECIDED_HERE,
    NEVER_MIGRATED,
)
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import SCHEMA, TargetTable
from atlas_workflows.migration.reconciliation.strays import Organizations, of_these


def written_since(
    connection: Connection, table: TargetTable, organizations: Organizations
) -> Iterator[Difference]:
    """Rows that name a source row and hold something in a column that is not the migration's."""
    expected = {
        column: said for column, said in AT_REST.get(table.name, {}).items() if column in table.columns
    }
    if not expected:
        return
    for column, source_table, source_id, organization in connection.execute(
        _question(table.name, expected, organizations), {"organizations": organizations}
    ):
        yield Difference(
            DifferenceKind.COLUMN_WRITTEN, source_table, source_id, organization, f"{table.name}.{column}"
        )


def rows_of_no_migration(
    connection: Connection, table: TargetTable, organizations: Organizations
) -> Iterator[Difference]:
    """Rows that name a source row in a table that no migration writes to."""
    if table.name not in NEVER_MIGRATED:
        return
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text FROM {} AS t WHERE t.source_table IS NOT NULL{}"
    ).format(compose.Identifier(SCHEMA, table.name), of_these(organizations, "t"))
    for source_table, source_id, organization in connection.execute(query, {"organizations": organizations}):
        yield Difference(
            DifferenceKind.TARGET_UNEXPECTED, source_table, str(source_id), organization, table.name
        )


def live_too_early(connection: Connection, organizations: Organizations) -> Iterator[Difference]:
    """What would happen twice: armed or executed by us while the old application still does."""
    for table, source_id, organization, place in connection.execute(
        sql("reconciliation/live_too_early"), {"organizations": organizations}
    ):
        yield Difference(
            DifferenceKind.STATUS_DIFFERS, table, source_id, organization, place, "live before its cutover"
        )


def _question(table: str, expected: dict[str, str], organizations: Organizations) -> compose.Composed:
    """One reading of the table; only a row that differs somewhere is looked at column by column."""
    differs = {column: _differs(column, said) for column, said in expected.items()}
    named = compose.SQL(", ").join(
        compose.SQL("({}, {})").format(compose.Literal(column), question)
        for column, question in differs.items()
    )
    return compose.SQL(
        "SELECT c.name, t.source_table, t.source_id, t.organization_id::text"
        " FROM {} AS t CROSS JOIN LATERAL (VALUES {}) AS c (name, differs)"
        " WHERE t.source_table IS NOT NULL AND t.source_table <> 'history' AND ({}) AND c.differs{}{}"
    ).format(
        compose.Identifier(SCHEMA, table),
        named,
        compose.SQL(" OR ").join(differs.values()),
        compose.SQL("").join((_undecided(table), _unchanged(table))),
        of_these(organizations, "t"),
    )


def _differs(column: str, said: str) -> compose.Composed:
    # The texts are this package's own, and stand there as SQL.
    return compose.SQL("t.{} IS DISTINCT FROM {}").format(compose.Identifier(column), compose.SQL(said))


def _undecided(table: str) -> compose.Composable:
    column = DECIDED_HERE.get(table)
    if column is None:
        return compose.SQL("")
    return compose.SQL(
        " AND NOT EXISTS (SELECT FROM atlas.execution_owners AS o"
        " WHERE o.organization_id = t.organization_id AND o.workflow_id = t.{})"
    ).format(compose.Identifier(column))


def _unchanged(table: str) -> compose.Composable:
    actions = CHANGED_HERE.get(table)
    if actions is None:
        return compose.SQL("")
    return compose.SQL(
        " AND NOT EXISTS (SELECT FROM atlas.audit_log AS a"
        " WHERE a.subject_table = {} AND a.subject_id = t.id::text AND a.action IN ({}))"
    ).format(compose.Literal(table), compose.SQL(", ").join(compose.Literal(action) for action in actions))
