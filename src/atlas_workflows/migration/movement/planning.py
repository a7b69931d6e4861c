"""Plans a run's ranges and keeps them as cursor rows, so that any process can take one up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import Catalog
from atlas_workflows.legacy.records import SourceTable
from atlas_workflows.migration.movement.ranges import Range, cuts_wanted, ranges_between
from atlas_workflows.migration.movement.source import Source

ESTIMATE_FROM = 50_000


@dataclass(frozen=True, slots=True)
class RangeProgress:
    """A range and how far it is."""

    range: Range
    rows_done: int
    bytes_done: int
    is_finished: bool


def planned_ranges(
    connection: Connection, source: Source, run_id: UUID, workers: int, at: datetime
) -> tuple[RangeProgress, ...]:
    """The run's ranges in the order they should be taken up; planned at the first call, read back later."""
    ranges = read_range_progress(connection, run_id)
    missing = [table for table in source.tables if table.table not in {item.range.table for item in ranges}]
    if missing:
        with connection.transaction():
            for table in missing:
                _insert(connection, run_id, ranges_of(connection, source, table, workers), at)
        ranges = read_range_progress(connection, run_id)
    order = {table.table: position for position, table in enumerate(source.tables)}
    return tuple(sorted(ranges, key=lambda item: (order.get(item.range.table, 99), item.range.number)))


def read_range_progress(connection: Connection, run_id: UUID) -> tuple[RangeProgress, ...]:
    """Every range of a run as recorded."""
    return tuple(rows(connection, _progress, sql("migration/movement/read_cursors"), {"run_id": run_id}))


def _progress(rows_done: int, bytes_done: int, is_finished: bool, **bounds: Any) -> RangeProgress:
    return RangeProgress(Range(**bounds), rows_done, bytes_done, is_finished)


def count_rows(connection: Connection, catalog: Catalog, table: str) -> int:
    """How many rows: the planner's estimate for large tables, else counted."""
    name = compose.Identifier(catalog.schema, table)
    estimate = scalar(connection, sql("migration/movement/count_rows"), {"table": name.as_string(connection)})
    if estimate is not None and estimate > ESTIMATE_FROM:
        return int(estimate)
    return int(scalar(connection, compose.SQL("SELECT count(*) FROM {}").format(name)))


def ranges_of(connection: Connection, source: Source, table: SourceTable, workers: int) -> tuple[Range, ...]:
    """A table cut into ranges of about as many rows each; together they hold every key."""
    total = count_rows(connection, source.catalog, table.table)
    cuts = cuts_wanted(total, workers)
    boundaries = [
        key
        for number in range(1, cuts + 1)
        if (key := _key_at(connection, source, table, number * total // (cuts + 1))) is not None
    ]
    return ranges_between(table.table, list(dict.fromkeys(boundaries)), total)


def _key_at(connection: Connection, source: Source, table: SourceTable, offset: int) -> str | None:
    column = compose.Identifier(table.key)
    statement = compose.SQL(
        "SELECT source.{0}::text FROM {1} AS source ORDER BY source.{0} OFFSET %s LIMIT 1"
    )
    name = compose.Identifier(source.catalog.schema, table.table)
    key: str | None = scalar(connection, statement.format(column, name), [offset])
    return key


def _insert(connection: Connection, run_id: UUID, ranges: Sequence[Range], at: datetime) -> None:
    for item in ranges:
        connection.execute(
            sql("migration/movement/insert_cursor"),
            {
                "run_id": run_id,
                "source_table": item.table,
                "range_no": item.number,
                "low": item.low,
                "high": item.high,
                "rows": item.rows,
                "at": at,
            },
        )
