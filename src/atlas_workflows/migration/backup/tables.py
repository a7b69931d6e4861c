"""Which tables a backup holds data of, and what they looked like: row counts and order-free checksums."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql


@dataclass(frozen=True, slots=True)
class QualifiedName:
    """The name of something together with its schema's."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> compose.Identifier:
        return compose.Identifier(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class TableName(QualifiedName):
    """A schema-qualified table."""

    @property
    def pattern(self) -> str:
        """As pg_dump's options want it: quoted, so that no character acts as a wildcard."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name))


@dataclass(frozen=True, slots=True)
class TableState:
    """Rows and checksum of a table within one snapshot. Equal content gives an equal checksum in any row order.

    `definition` tells its columns and parents; None in manifests written before it was noted.
    """

    table: TableName
    rows: int
    checksum: str
    definition: str | None = None

    def is_met_by(self, found: "TableState") -> bool:
        """Whether what was restored is the same."""
        return found == (self if self.definition is not None else replace(self, definition=found.definition))

    def to_json(self) -> dict[str, Any]:
        return {"table": str(self.table), "schema": self.table.schema, "name": self.table.name,
                "rows": self.rows, "checksum": self.checksum, "definition": self.definition}  # fmt: skip

    @staticmethod
    def from_json(document: dict[str, Any]) -> "TableState":
        return TableState(
            TableName(document["schema"], document["name"]),
            document["rows"],
            document["checksum"],
            document.get("definition"),
        )


@dataclass(frozen=True, slots=True)
class TableSize(QualifiedName):
    """A table and how many bytes it takes on disk, indexes left out."""

    bytes: int

    @property
    def table(self) -> TableName:
        return TableName(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and their checksum."""

    rows: int
    checksum: str


def tables_to_keep(connection: Connection, touched: Iterable[str]) -> list[TableName]:
    """The touched tables (schema.name) that exist, schema atlas, and what their foreign keys need."""
    return [size.table for size in _sizes(connection, touched)]


def bytes_to_keep(connection: Connection, touched: Iterable[str]) -> int:
    """How many bytes those tables take on disk, indexes left out."""
    return sum(size.bytes for size in _sizes(connection, touched))


def _sizes(connection: Connection, touched: Iterable[str]) -> list[TableSize]:
    parameters = {"tables": list(touched)}
    return rows(connection, TableSize, sql("backup/tables_and_their_needs"), parameters)


def tables_to_leave_empty(connection: Connection, kept: Iterable[TableName]) -> list[TableName]:
    """Every other table: its definition is dumped, its data is not."""
    keep = set(kept)
    return [name for name in rows(connection, TableName, sql("backup/all_tables")) if name not in keep]


def table_state(connection: Connection, table: TableName) -> TableState:
    """Count and checksum in the connection's current snapshot: the sum of 64-bit row hashes, modulo nothing."""
    # The linter of the SQL files cannot read FROM ONLY.
    query = compose.SQL(
        'SELECT count(*) AS "rows",'
        " coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text AS checksum"
        " FROM ONLY {} AS t"
    ).format(table.identifier)
    content = one(connection, Content, query)
    if content is None:
        raise AssertionError("an aggregate without GROUP BY gives one row")
    definition = scalar(connection, sql("backup/definition"), {"table": table.pattern})
    return TableState(table, content.rows, content.checksum, definition)
