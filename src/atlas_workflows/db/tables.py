"""The catalog of a legacy database: which tables and columns there are, read in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import Connection

from atlas_workflows.db.sql_files import sql


@dataclass(frozen=True, slots=True)
class Catalog:
    """Tables of one schema: table -> column -> type, in column order; `keys` holds primary keys."""

    tables: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schema: str = "public"

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with their types; empty when there is no such table."""
        return self.tables.get(table, {})


def read_catalog(connection: Connection, *, schema: str = "public") -> Catalog:
    """Read the catalog of `schema`; needs no privilege on the tables themselves."""
    tables: dict[str, dict[str, str]] = {}
    keys: dict[str, dict[int, str]] = {}
    for table, column, kind, key_position in connection.execute(sql("legacy/catalog"), {"schema": schema}):
        tables.setdefault(table, {})[column] = kind
        if key_position is not None:
            keys.setdefault(table, {})[key_position] = column
    ordered = {table: tuple(parts[at] for at in sorted(parts)) for table, parts in keys.items()}
    return Catalog(tables=tables, keys=ordered, schema=schema)
