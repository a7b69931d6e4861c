"""Rows on our side that nothing on the source side accounts for; found by anti-joins in the database."""

from collections.abc import Iterator

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import ENTERED_BY, SCHEMA, TargetTable
from atlas_workflows.migration.reconciliation.source_side import SCHEMA as SOURCE_SCHEMA
from atlas_workflows.migration.reconciliation.source_side import Shelf


def ledger_without_source(connection: Connection, shelf: Shelf) -> Iterator[Difference]:
    """Ledger entries whose source row is gone although nobody noted that it went."""
    query = compose.SQL(
        "SELECT l.source_id, l.organization_id::text FROM atlas.migration_ledger AS l"
        " WHERE l.source_table = %(table)s AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE s.{}::text = l.source_id)"
        " AND NOT EXISTS (SELECT 1 FROM atlas.captured_changes AS c"
        "     WHERE c.source_table = l.source_table AND c.source_id = l.source_id)"
    ).format(compose.Identifier(SOURCE_SCHEMA, shelf.table), compose.Identifier(shelf.key))
    for source_id, organization in connection.execute(query, {"table": shelf.table}):
        yield Difference(DifferenceKind.LEDGER_WITHOUT_SOURCE, shelf.table, source_id, organization)


def originals_without_ledger(connection: Connection) -> Iterator[Difference]:
    """Originals and quarantine entries of rows that the ledger does not know."""
    for table, source_id, organization, is_original in connection.execute(
        sql("reconciliation/strays_of_control")
    ):
        kind = DifferenceKind.ORIGINAL_WITHOUT_LEDGER if is_original else DifferenceKind.QUARANTINE_UNEXPECTED
        yield Difference(kind, table, source_id, organization)


def targets_without_ledger(connection: Connection, table: TargetTable) -> Iterator[Difference]:
    """Enhanced rows that name a source row which the ledger does not know, or knows to be gone."""
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text FROM {} AS t"
        " WHERE t.source_table IS NOT NULL AND t.source_table <> 'history' AND NOT EXISTS (SELECT 1 FROM atlas.migration_ledger AS l"
        "     WHERE l.source_table = t.source_table AND l.source_id = t.source_id"
        "     AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL)"
    ).format(compose.Identifier(SCHEMA, table.name))
    for source_table, source_id, organization in connection.execute(query):
        yield Difference(
            DifferenceKind.TARGET_WITHOUT_LEDGER, source_table, str(source_id), organization, table.name
        )


def doubled_targets(connection: Connection, table: TargetTable) -> Iterator[Difference]:
    """Rows of a large table that name a source row and do not have its id: a batch, which enters by id, passes them by."""
    column = ENTERED_BY.get(table.name)
    if column is None:
        return
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text FROM {} AS t"
        " WHERE t.source_table IS NOT NULL"
        " AND CASE WHEN t.source_table = %(table)s THEN t.id ELSE t.{} END::text <> t.source_id"
        " AND CASE WHEN t.source_table = %(table)s THEN t.id ELSE t.{} END::text <> lower(t.source_id)"
        " AND t.source_id ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'"
    ).format(compose.Identifier(SCHEMA, table.name), compose.Identifier(column), compose.Identifier(column))
    for source_table, source_id, organization in connection.execute(query, {"table": table.name}):
        yield Difference(
            DifferenceKind.TARGET_DIFFERS,
            source_table,
            str(source_id),
            organization,
            table.name,
            "one too many",
        )


def miscounted(connection: Connection) -> Iterator[Difference]:
    """Workflows whose analytics do not add up to their finished executions and the steps of these."""
    for source_id, organization, columns, executions, counted in connection.execute(
        sql("reconciliation/analytics")
    ):
        detail = f"{executions} finished executions, {counted} counted; not the same: {', '.join(columns)}"
        yield Difference(
            DifferenceKind.ANALYTICS_DIFFER,
            "workflows",
            source_id,
            organization,
            "workflow_analytics",
            detail,
        )


def tenants_crossed(connection: Connection) -> Iterator[Difference]:
    """What would show, or deliver, something of one organization to another."""
    for table, source_id, organization, place, other in connection.execute(
        sql("reconciliation/tenants_crossed")
    ):
        yield Difference(DifferenceKind.TENANT_CROSSED, table, source_id, organization, place, also=other)
