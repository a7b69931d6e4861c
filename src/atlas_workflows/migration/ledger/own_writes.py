"""Legacy rows as they would be had we not written to them: what a cutover left there must not look like an edit."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import errors

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalars
from atlas_workflows.db.sql_files import sql

Columns = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """A value of ours in a legacy row of `workflows`, and what stood there before; both as column::text."""

    source_id: str
    column_name: str
    prior_value: str | None
    written_value: str | None


@dataclass(frozen=True, slots=True)
class OwnWrites:
    """All of them by row, and the rows that are executed here, about which the old application decides no more."""

    by_row: Mapping[str, tuple[OwnWrite, ...]] = field(default_factory=dict)
    taken_over: frozenset[str] = frozenset()

    def undone(self, source_id: str, columns: Columns) -> Columns:
        """The row with every value that is still as we left it put back."""
        ours = self.by_row.get(source_id, ())
        prior = {
            write.column_name: write.prior_value
            for write in ours
            if write.column_name in columns and columns[write.column_name] == write.written_value
        }
        return {**columns, **prior} if prior else columns


NOTHING_WRITTEN = OwnWrites()


def read_own_writes(connection: Connection) -> OwnWrites:
    """What stands in the database; nothing where the schema is older than ownership, or not there."""
    try:
        with acting_as_migration(connection):
            found = rows(connection, OwnWrite, sql("migration/cutover/side_effects"))
            taken = scalars(connection, sql("migration/cutover/taken_over"))
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InsufficientPrivilege):
        return NOTHING_WRITTEN
    by_row: dict[str, list[OwnWrite]] = defaultdict(list)
    for write in found:
        by_row[write.source_id].append(write)
    return OwnWrites({row: tuple(writes) for row, writes in by_row.items()}, frozenset(taken))
