"""Rows on our side that nothing on the source side accounts for; found by anti-joins in the database.

`organizations` limits a question to what stands under these; None means everything.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import ENTERED_BY, SCHEMA, TargetTable
from atlas_workflows.migration.reconciliation.source_side import SCHEMA as SOURCE_SCHEMA
from atlas_workflows.migration.reconciliation.source_side import Shelf, organization_beside

Organizations = list[str] | None
# By the key itself where it is a uuid, so that a text is made of none that nobody claims; what cannot be one is no row's id.
_ITS_ROW = "s.{}::text = claimed.source_id"
_ITS_ROW_BY_UUID = "s.{} = CASE WHEN claimed.source_id ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' THEN claimed.source_id::uuid END"


def of_these(organizations: Organizations, alias: str) -> compose.Composable:
    """A condition on the rows of ours; nothing where everything is asked about."""
    if organizations is None:
        return compose.SQL("")
    return compose.SQL(" AND {}.organization_id = ANY(%(organizations)s::uuid[])").format(
        compose.Identifier(alias)
    )


def ledger_without_source(
    connection: Connection, shelf: Shelf, organizations: Organizations
) -> Iterator[Difference]:
    """Ledger entries whose source row is gone although nobody noted that it went."""
    query = compose.SQL(
        "SELECT l.source_id, l.organization_id::text FROM atlas.migration_ledger AS l"
        " WHERE l.source_table = %(table)s AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL{}"
        " AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE s.{}::text = l.source_id)"
        " AND NOT EXISTS (SELECT 1 FROM atlas.captured_changes AS c"
        "     WHERE c.source_table = l.source_table AND c.source_id = l.source_id)"
    ).format(
        of_these(organizations, "l"),
        compose.Identifier(SOURCE_SCHEMA, shelf.table),
        compose.Identifier(shelf.key),
    )
    for source_id, organization in connection.execute(
        query, {"table": shelf.table, "organizations": organizations}
    ):
        yield Difference(DifferenceKind.LEDGER_WITHOUT_SOURCE, shelf.table, source_id, organization)


def originals_without_ledger(
    connection: Connection,
    organizations: Organizations,
    *,
    left_out: Collection[str] = (),
    only: Collection[str] | None = None,
) -> Iterator[Difference]:
    """Originals of rows that the ledger does not know, of all legacy tables but those `left_out`, or of these `only`."""
    parameters = {
        "left_out": sorted(left_out),
        "asked": None if only is None else sorted(only),
        "organizations": organizations,
    }
    for table, source_id, organization in connection.execute(
        sql("reconciliation/originals_without_ledger"), parameters
    ):
        yield Difference(DifferenceKind.ORIGINAL_WITHOUT_LEDGER, table, source_id, organization)


def quarantine_without_ledger(connection: Connection, organizations: Organizations) -> Iterator[Difference]:
    """Open quarantine entries of rows that are not quarantined by the ledger's word."""
    for table, source_id, organization in connection.execute(
        sql("reconciliation/quarantine_without_ledger"), {"organizations": organizations}
    ):
        yield Difference(DifferenceKind.QUARANTINE_UNEXPECTED, table, source_id, organization)


def targets_without_ledger(
    connection: Connection, table: TargetTable, organizations: Organizations
) -> Iterator[Difference]:
    """Enhanced rows that name a source row which the ledger does not know, or knows to be gone."""
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text FROM {} AS t"
        " WHERE t.source_table IS NOT NULL AND t.source_table <> 'history'{} AND NOT EXISTS (SELECT 1 FROM atlas.migration_ledger AS l"
        "     WHERE l.source_table = t.source_table AND l.source_id = t.source_id"
        "     AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL)"
    ).format(compose.Identifier(SCHEMA, table.name), of_these(organizations, "t"))
    for source_table, source_id, organization in connection.execute(query, {"organizations": organizations}):
        yield Difference(
            DifferenceKind.TARGET_WITHOUT_LEDGER, source_table, str(source_id), organization, table.name
        )


def doubled_targets(
    connection: Connection, table: TargetTable, organizations: Organizations
) -> Iterator[Difference]:
    """Rows of a large table that name a source row and do not have its id: a batch, which enters by id, passes them by."""
    column = ENTERED_BY.get(table.name)
    if column is None:
        return
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text FROM {} AS t"
        " WHERE t.source_table IS NOT NULL{}"
        " AND CASE WHEN t.source_table = %(table)s THEN t.id ELSE t.{} END::text <> t.source_id"
        " AND CASE WHEN t.source_table = %(table)s THEN t.id ELSE t.{} END::text <> lower(t.source_id)"
        " AND t.source_id ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'"
    ).format(
        compose.Identifier(SCHEMA, table.name),
        of_these(organizations, "t"),
        compose.Identifier(column),
        compose.Identifier(column),
    )
    for source_table, source_id, organization in connection.execute(
        query, {"table": table.name, "organizations": organizations}
    ):
        yield Difference(
            DifferenceKind.TARGET_DIFFERS,
            source_table,
            str(source_id),
            organization,
            table.name,
            "one too many",
        )


def of_others(
    connection: Connection, table: TargetTable, organizations: Organizations
) -> Iterator[Difference]:
    """Rows that stand under one of these organizations and are, by the ledger's word, made of a row of one that the run is not
    about: whoever compares that row is another run."""
    query = compose.SQL(
        "SELECT t.source_table, t.source_id, t.organization_id::text, l.organization_id::text FROM {} AS t"
        " INNER JOIN atlas.migration_ledger AS l ON t.source_table = l.source_table AND t.source_id = l.source_id"
        " WHERE t.organization_id = ANY(%(organizations)s::uuid[])"
        " AND NOT coalesce(l.organization_id = ANY(%(organizations)s::uuid[]), FALSE)"
    ).format(compose.Identifier(SCHEMA, table.name))
    for source_table, source_id, organization, other in connection.execute(
        query, {"organizations": organizations}
    ):
        yield Difference(
            DifferenceKind.ORGANIZATION_DIFFERS,
            source_table,
            str(source_id),
            organization,
            f"{table.name}.organization_id",
            also=other,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """Something under an organization of the run that is not its own. `is_pending`: a change of its row is still to be taken up,
    so it is no difference yet; `is_gone`: there is no source row, and whether that is a difference is another question."""

    difference: Difference
    is_pending: bool
    is_gone: bool


def claimed_of_others(
    connection: Connection, shelves: dict[str, Shelf], shelf: Shelf, organizations: Organizations
) -> Iterator[Claim]:
    """Entries and originals under one of these organizations of source rows that name one which the run is not about, and
    entries of source rows that are gone."""
    parents, stated = organization_beside(shelves, shelf)
    query = sql("reconciliation/claimed_of_others").format(
        key=Named(shelf.key),
        stated=stated,
        parents=parents,
        source=compose.Identifier(SOURCE_SCHEMA, shelf.table),
        is_its_row=compose.SQL(_ITS_ROW_BY_UUID if shelf.key_type == "uuid" else _ITS_ROW).format(
            Named(shelf.key)
        ),
    )
    for place, source_id, organization, stated, is_pending, is_gone in connection.execute(
        query, {"table": shelf.table, "organizations": organizations}
    ):
        difference = Difference(
            DifferenceKind.ORGANIZATION_DIFFERS, shelf.table, source_id, organization, place, also=stated
        )
        yield Claim(difference, is_pending, is_gone)


def miscounted(connection: Connection, organizations: Organizations) -> Iterator[Difference]:
    """Workflows whose analytics do not add up to their finished executions and the steps of these."""
    for source_id, organization, columns, executions, counted in connection.execute(
        sql("reconciliation/analytics"), {"organizations": organizations}
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


def tenants_crossed(connection: Connection, organizations: Organizations) -> Iterator[Difference]:
    """What would show, or deliver, something of one organization to another."""
    for table, source_id, organization, place, other in connection.execute(
        sql("reconciliation/tenants_crossed"), {"organizations": organizations}
    ):
        yield Difference(DifferenceKind.TENANT_CROSSED, table, source_id, organization, place, also=other)
