"""The legacy side as a run sees it: catalog, shape, tables to read, tenants; and reading rows with their side rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.tables import Catalog, read_catalog
from atlas_workflows.legacy.records import Row, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.source.readers.reader import EVIDENCE
from atlas_workflows.legacy.source.selects import batch_select, rows_select, side_columns, side_select
from atlas_workflows.legacy.source.shapes import Shape, detect_shape
from atlas_workflows.legacy.source.tables import source_tables
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import KIND
from atlas_workflows.migration.evidence.store import read_evidence
from atlas_workflows.migration.ledger.own_writes import OwnWrites, read_own_writes
from atlas_workflows.migration.movement.bulk_lookup import for_a_pass
from atlas_workflows.migration.movement.tenants import Tenants, read_tenancy, resolve_scope
from atlas_workflows.migration.pace.throttle import Breathe, no_rest
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.nodes.catalogue import load_catalogue

WORKFLOWS = "workflows"


@dataclass(frozen=True, slots=True)
class Source:
    """What is read and for whom, what the history says of each workflow, and what we wrote; fixed for the length of a step."""

    catalog: Catalog
    shape: Shape
    tables: tuple[SourceTable, ...]
    tenancy: Tenancy
    tenants: Tenants
    evidence: Mapping[str, Row] = field(default_factory=dict)
    own_writes: OwnWrites = field(default_factory=OwnWrites)

    def table(self, name: str) -> SourceTable:
        return next(item for item in self.tables if item.table == name)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in key order, their size as text, and whether the range ends with them."""

    rows: tuple[SourceRow, ...]
    size: int
    is_last: bool

    @property
    def count(self) -> int:
        return len(self.rows)

    def last_key(self, before: str | None) -> str | None:
        """The key of the last row; `before`, where there is none."""
        return self.rows[-1].id if self.rows else before


class Bounded(Protocol):
    """A piece of a table that was read: whether nothing comes after it, and where it ends."""

    @property
    def is_last(self) -> bool: ...

    def last_key(self, before: str | None) -> str | None: ...


Piece = TypeVar("Piece", bound=Bounded)


class _Full(Exception):
    """The batch has reached its byte limit."""


def survey(connection: Connection, scope: Scope, options: RunOptions) -> Source:
    """Look at the database. Raises UnknownShape, or InputError for organizations that do not exist."""
    catalog = read_catalog(connection)
    shape = detect_shape(catalog)
    tenancy = read_tenancy(connection, options.assume_organization)
    return Source(
        catalog=catalog,
        shape=shape,
        tables=tuple(
            table for table in source_tables(shape, load_catalogue()) if table.table in catalog.tables
        ),
        tenancy=tenancy,
        tenants=resolve_scope(scope, tenancy.organizations),
        evidence=read_evidence(connection),
        own_writes=read_own_writes(connection),
    )


def survey_for(context: PhaseContext, connection: Connection) -> Source:
    """The same for a step; a dry run has its evidence in memory."""
    source = survey(connection, context.scope, context.options)
    shared = context.shared.get(KIND)
    return source if shared is None else replace(source, evidence=shared)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A short read-only transaction whose statements all see the same state; needs an autocommit session."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read_batch(
    connection: Connection,
    source: Source,
    table: SourceTable,
    after: str | None,
    until: str | None,
    rows: int,
    size: int,
    breathe: Breathe = no_rest,
) -> Batch:
    """The next rows after key `after` up to `until`, at most `rows` of them and about `size` bytes of text.

    One row larger than `size` comes alone. Memory holds the batch and one row, however large the others are.
    """
    table = for_a_pass(connection, table)
    select = batch_select(
        source.catalog, table.table, table.key, after=after is not None, until=until is not None
    )
    with snapshot(connection):
        parameters = {"after": after, "until": until, "limit": rows}
        found, taken, is_cut = _stream(connection, source, table, select, parameters, size)
        breathe()
        members = _with_sides(connection, source, table, found, breathe)
    return Batch(members, taken, is_last=not is_cut and len(found) < rows)


def read_named(
    connection: Connection, source: Source, table: SourceTable, keys: Sequence[str], size: int
) -> Batch:
    """The rows with these keys that still exist, in order of the keys and as far as about `size` bytes of text reach."""
    select = rows_select(source.catalog, table.table, table.key)
    with snapshot(connection):
        found, taken, is_cut = _stream(connection, source, table, select, {"keys": list(keys)}, size)
        return Batch(_with_sides(connection, source, table, found), taken, is_last=not is_cut)


def batches(read: Callable[[str | None], Piece], after: str | None = None) -> Iterator[Piece]:
    """Every batch after key `after`: `read` is given the last key there was, until it says that the range ended."""
    is_last = False
    while not is_last:
        batch = read(after)
        yield batch
        after, is_last = batch.last_key(after), batch.is_last


def whole_table(
    connection: Connection, source: Source, table: SourceTable, options: RunOptions
) -> Iterator[Batch]:
    """Every batch of a table, as large as the run's options say."""
    limits = (options.batch_rows, options.batch_bytes)
    return batches(lambda after: read_batch(connection, source, table, after, None, *limits))


def read_rows(
    connection: Connection, source: Source, table: SourceTable, ids: Sequence[str]
) -> tuple[SourceRow, ...]:
    """The rows with these keys that still exist, with their side rows."""
    names = tuple(source.catalog.columns(table.table))
    with snapshot(connection):
        cursor = connection.execute(rows_select(source.catalog, table.table, table.key), {"keys": list(ids)})
        found = [dict(zip(names, values, strict=True)) for values in cursor]
        return _with_sides(connection, source, table, found)


def _stream(
    connection: Connection,
    source: Source,
    table: SourceTable,
    select: compose.Composed,
    parameters: Mapping[str, Any],
    size: int,
) -> tuple[list[Row], int, bool]:
    copy = compose.SQL("COPY ({}) TO STDOUT").format(select)
    names = tuple(source.catalog.columns(table.table))
    found: list[Row] = []
    taken = 0
    try:
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy(copy, parameters) as out,
        ):
            for values in out.rows():
                weight = sum(len(value) for value in values if value is not None)
                if found and taken + weight > size:
                    raise _Full
                found.append(dict(zip(names, values, strict=True)))
                taken += weight
    except _Full:
        return found, taken, True
    return found, taken, False


def _with_sides(
    connection: Connection,
    source: Source,
    table: SourceTable,
    rows: Sequence[Row],
    breathe: Breathe = no_rest,
) -> tuple[SourceRow, ...]:
    if table.table == WORKFLOWS:
        rows = [source.own_writes.undone(str(row[table.key]), row) for row in rows]
    sides = [side for side in table.sides if side.table in source.catalog.tables]
    found = {}
    for side in sides:
        found[side.name] = _side_rows(connection, source, side, rows)
        breathe()
    if table.table == WORKFLOWS:
        known = {row[table.key]: source.evidence.get(row[table.key] or "") for row in rows}
        found[EVIDENCE] = {key: (evidence,) for key, evidence in known.items() if evidence is not None}
        sides = [*sides, SideTable(EVIDENCE, WORKFLOWS, table.key, of=table.key)]
    return tuple(
        SourceRow(
            table.table,
            str(row[table.key]),
            row,
            {side.name: found[side.name].get(row.get(side.of), ()) for side in sides},
        )
        for row in rows
    )


def _side_rows(
    connection: Connection, source: Source, side: SideTable, rows: Iterable[Row]
) -> dict[str | None, tuple[Row, ...]]:
    keys = sorted({value for row in rows if (value := row.get(side.of)) is not None})
    if not keys:
        return {}
    names = side_columns(source.catalog, side)
    groups: dict[str | None, list[Row]] = defaultdict(list)
    for values in connection.execute(side_select(source.catalog, side), {"keys": keys}):
        row = dict(zip(names, values, strict=True))
        groups[row[side.key]].append(row)
    return {key: tuple(members) for key, members in groups.items()}
