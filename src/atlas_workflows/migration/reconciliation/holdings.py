"""Which tables of ours hold anything of which legacy tables, asked once per snapshot instead of per batch."""

from collections.abc import Collection, Sequence

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.migration.reconciliation.our_side import (
    ENTERED_BY,
    OWNED_BY_WORKFLOW,
    SCHEMA,
    TargetTable,
)

# Rows counted here from migrated executions name this instead of a legacy table.
COUNTED_FROM = "history"


class Holdings:
    """As of the last look. The tables of history are read once: nothing but a migration writes rows that name a source row."""

    def __init__(self, targets: Sequence[TargetTable]) -> None:
        self._targets = targets
        self._named: dict[str, frozenset[str]] = {}

    def look(self, session: Connection) -> None:
        """Read which legacy tables each table of ours names."""
        for table in self._targets:
            if table.name not in ENTERED_BY or table.name not in self._named:
                self._named[table.name] = frozenset(scalars(session, _named(table.name)))

    def of(self, source_table: str) -> tuple[TargetTable, ...]:
        """The tables that hold rows made of this legacy table, or may: triggers are asked for by their workflow."""
        return tuple(
            table
            for table in self._targets
            if table.name in OWNED_BY_WORKFLOW or source_table in self._named[table.name]
        )

    def is_only_of(self, target: str, source_tables: Collection[str]) -> bool:
        """Whether the table of ours names none but these legacy tables."""
        return self._named[target] - {COUNTED_FROM} <= set(source_tables)


def _named(table: str) -> compose.Composed:
    return compose.SQL(
        "SELECT source_table FROM {} WHERE source_table IS NOT NULL GROUP BY source_table"
    ).format(compose.Identifier(SCHEMA, table))
