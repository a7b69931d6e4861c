"""SELECTs over legacy tables whose columns vary: every column as its own exact text, keyset by the real key.

Files under include/sql cannot name columns that differ from database to database; these are composed from the catalog.
Ordering is by the column itself: ordering by the alias `id` would sort `id::text`, which is another order.
"""

from psycopg import sql

from atlas_workflows.db.named import Named, array_of
from atlas_workflows.db.sql_files import sql as statement
from atlas_workflows.db.tables import Catalog
from atlas_workflows.legacy.records import SideTable


def batch_select(
    catalog: Catalog,
    table: str,
    key: str = "id",
    *,
    after: bool = False,
    until: bool = False,
    organization: str = "",
) -> sql.Composed:
    """A keyset batch. Parameters: limit; after (exclusive) and until (inclusive) where asked for.

    `organization` names the tenant column; then `organizations` (a list of ids) is a parameter as well.
    """
    column = sql.SQL("source.{}").format(Named(key))
    tests: list[sql.Composable] = [sql.SQL("TRUE")]
    tests += [sql.SQL("{} > %(after)s").format(column)] if after else []
    tests += [sql.SQL("{} <= %(until)s").format(column)] if until else []
    if organization:
        tests.append(sql.SQL("source.{}::text = ANY(%(organizations)s)").format(Named(organization)))
    return sql.SQL("{} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
        _select(catalog, table), sql.SQL(" AND ").join(tests), column
    )


def rows_select(catalog: Catalog, table: str, key: str = "id") -> sql.Composed:
    """The rows whose key is in `keys` (a list of texts)."""
    return sql.SQL("{} WHERE {} = ANY({}) ORDER BY {}").format(
        _select(catalog, table),
        sql.SQL("source.{}").format(Named(key)),
        _keys(catalog, table, key),
        sql.SQL("source.{}").format(Named(key)),
    )


def side_select(catalog: Catalog, side: SideTable) -> sql.Composed:
    """The side rows that belong to the batch rows `keys` (a list of texts), in a stable order."""
    if side.statement:
        return sql.Composed([statement(side.statement)])
    orders = [name for name in (side.key, side.order) if name in catalog.columns(side.table)]
    return sql.SQL("{} WHERE {} = ANY({}) ORDER BY {}").format(
        _select(catalog, side.table, side_columns(catalog, side)),
        sql.SQL("source.{}").format(Named(side.key)),
        _keys(catalog, side.table, side.key),
        sql.SQL(", ").join(sql.SQL("source.{}").format(Named(name)) for name in orders),
    )


def side_columns(catalog: Catalog, side: SideTable) -> tuple[str, ...]:
    """The columns `side_select` yields, in order."""
    there = catalog.columns(side.table)
    return (
        tuple(name for name in side.columns if side.statement or name in there)
        if side.columns
        else tuple(there)
    )


def _select(catalog: Catalog, table: str, names: tuple[str, ...] | None = None) -> sql.Composed:
    columns = sql.SQL(", ").join(
        sql.SQL("source.{0}::text AS {0}").format(Named(name))
        for name in (catalog.columns(table) if names is None else names)
    )
    return sql.SQL("SELECT {} FROM {} AS source").format(columns, Named(catalog.schema, table))


def _keys(catalog: Catalog, table: str, key: str) -> sql.Composable:
    # The column is compared in its own type, so that its index serves.
    return sql.SQL("%(keys)s::{}").format(array_of(catalog.columns(table).get(key, "text")))
