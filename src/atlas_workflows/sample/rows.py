"""Rows as column -> text, and their way into a table by COPY."""

from collections.abc import Iterable, Mapping
from itertools import chain

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection

# A column's value in PostgreSQL's own text form; None is SQL NULL.
Row = Mapping[str, str | None]
# Coverage code -> the rows that show it, as "table/id"; a defaultdict.
Coverage = dict[str, list[str]]


def copy_rows(connection: Connection, table: str, rows: Iterable[Row]) -> int:
    """COPY the rows into public.<table> (or schema.table); all rows have the first row's columns. Returns how many."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return 0
    columns = tuple(first)
    return copy_tuples(connection, table, columns, (tuple(row.values()) for row in chain([first], iterator)))


def copy_tuples(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]
) -> int:
    """COPY tuples in the order of `columns`. Returns how many."""
    statement = compose.SQL("COPY {} ({}) FROM STDIN").format(
        compose.Identifier(*qualified(table)), compose.SQL(", ").join(map(compose.Identifier, columns))
    )
    count = 0
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def qualified(table: str) -> tuple[str, str]:
    """("public", "leads") for "leads", ("auth", "users") for "auth.users"."""
    schema, _, name = table.rpartition(".")
    return schema or "public", name


def boolean(value: bool) -> str:
    return "t" if value else "f"
