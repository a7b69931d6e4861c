"""Moves plain history rows inside the database, one statement for each stretch of a table; all others go through Python.

The statement judges, translates and writes in one snapshot, so no row can change in between. What it refuses is tried in
halves, and what is left of it by Python, row by row if it must be: neighbours are not affected, and nothing is lost.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named
from atlas_workflows.db.rows import one, scalar, scalars
from atlas_workflows.db.rows import rows as rows_of
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.history.executions import TWINS
from atlas_workflows.legacy.records import SourceRow, SourceTable, Tenancy
from atlas_workflows.migration.ledger.inputs import assumed_fact, organization_fact
from atlas_workflows.migration.movement.bulk_lookup import NOT_ALLOWED, for_a_pass, is_prepared, lend
from atlas_workflows.migration.movement.load import REFUSALS
from atlas_workflows.migration.movement.setwise_columns import KEY, LIGHT_BYTES
from atlas_workflows.migration.movement.setwise_statement import (
    DAYS,
    EXECUTIONS,
    LONGEST,
    Statement,
    span,
    statements,
    table_of,
)
from atlas_workflows.migration.movement.source import read_named, snapshot
from atlas_workflows.migration.movement.tenants import Tenants
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.secrets.detection import may_hold_secret

REFUSED = (
    *REFUSALS,
    errors.QueryCanceled,
    errors.DiskFull,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.StatementTooComplex,
)
# A look at fewer rows may go through after these.
TOO_MUCH = (
    errors.ConfigurationLimitExceeded,
    errors.DiskFull,
    errors.OutOfMemory,
    errors.ProgramLimitExceeded,
)
FEWER = 8
# So few rows are not worth another statement that may be refused.
FEWEST_HALVED = 32
GROUP_ROWS = 25
# What a stretch may take inside the database, halves included; then Python takes over, which needs seconds for it.
MOST_SECONDS = 30.0
# What holds while the statement is executed; no snapshot of a backfill lasts longer than the timeout.
SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "jit": "off",
    "work_mem": "32MB",
}
# What twins among the days of analytics share; in order.
TWIN_DAYS = ["date", "workflow_id"]
REST_ROWS = 1_000
REST_BYTES = 16 * 1024 * 1024
_ready: WeakKeyDictionary[Connection, bool] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows of a table after one key up to another, as the reader saw them; `size`: bytes as text, of large rows as stored.

    `suspects` may hold a secret. Of all others that is certain, as far as no transaction from `horizon` on wrote them.
    """

    after: str | None
    last: str | None
    count: int
    size: int
    is_last: bool
    horizon: str = "0"
    suspects: tuple[str, ...] = ()

    def last_key(self, before: str | None) -> str | None:
        """The key of the last row; `before`, where there is none."""
        return before if self.last is None else self.last


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a stretch: rows written by the statement, unchanged, of other organizations, and left for Python."""

    written: int = 0
    unchanged: int = 0
    others: int = 0
    rest: Sequence[str] = ()

    @property
    def settled(self) -> int:
        """Rows that Python need not look at."""
        return self.written + self.unchanged + self.others

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.others + other.others,
            (*self.rest, *other.rest),
        )


@dataclass(frozen=True, slots=True)
class _Group:
    """Some rows in a row, and the texts in them."""

    last: str
    rows: int
    size: int
    is_last: bool
    texts: str


def way_of(worker: Worker, table: SourceTable) -> Statement | None:
    """The statement for a table's plain rows; None where all of them go through Python. Needs an autocommit writer."""
    found = statements(worker.source.catalog).get(table.table) if worker.set_wise else None
    return found if found is not None and _is_ready(worker, found) else None


def read_stretch(
    worker: Worker, way: Statement, after: str | None, until: str | None, rows: int, size: int
) -> Stretch:
    """How far the next batch reaches, and which of its rows may hold a secret: read in one snapshot, by the session
    from which no policy may hide rows, and looked through as translation does.

    Where the server has no room for that many (`temp_file_limit`, a full disk), fewer are read.
    """
    while True:
        try:
            return _read(worker, way, after, until, rows, size)
        except TOO_MUCH:
            if rows == 1:
                raise
            rows = max(1, rows // FEWER)


def _read(
    worker: Worker, way: Statement, after: str | None, until: str | None, rows: int, size: int
) -> Stretch:
    statement = _composed(
        "migration/movement/setwise/stretch", way, after=after is not None, until=until is not None
    )
    parameters = {"after": after, "until": until, "limit": rows, "bytes": size, "group_rows": GROUP_ROWS}
    with snapshot(worker.reader):
        horizon = scalar(worker.reader, sql("migration/movement/setwise/horizon"))
        groups = rows_of(worker.reader, _Group, statement, parameters)
        suspects = tuple(_suspects(worker, way, after, groups))
    if not groups:
        return Stretch(after, None, 0, 0, is_last=True)
    count, taken = sum(group.rows for group in groups), sum(group.size for group in groups)
    return Stretch(after, groups[-1].last, count, taken, groups[-1].is_last, horizon, suspects)


def _suspects(worker: Worker, way: Statement, after: str | None, groups: Sequence[_Group]) -> Iterator[str]:
    """Many rows at once are looked through as fast as one; where something is found, row by row."""
    for group in groups:
        if _may_matter(group.texts, worker.source.tenancy):
            statement = _composed(
                "migration/movement/setwise/texts", way, after=after is not None, until=True
            )
            for key, texts in worker.reader.execute(statement, {"after": after, "until": group.last}):
                if texts and _may_matter(texts, worker.source.tenancy):
                    yield key
        after = group.last


def _may_matter(texts: str, tenancy: Tenancy) -> bool:
    return may_hold_secret(texts.encode()) or any(endpoint in texts for endpoint in tenancy.endpoints)


def _composed(name: str, way: Statement, *, after: bool, until: bool) -> compose.Composed:
    columns = way.columns
    return sql(name).format(
        key=Named(KEY),
        table=table_of(columns),
        weight=columns.weight(),
        light=compose.Literal(LIGHT_BYTES),
        longest=compose.Literal(LONGEST),
        scanned=columns.scanned(),
        range=span(columns, after=after, until=until),
    )


def take_stretch(
    worker: Worker, way: Statement, stretch: Stretch, seconds: float = MOST_SECONDS
) -> tuple[Moved, int]:
    """Move a stretch; the caller owns the transaction on `writer`. Also how many rows Python wrote.

    `seconds`: how long the database may try.
    """
    if stretch.last is None:
        return Moved(), 0
    moved = _Trial(worker, way, stretch, time.monotonic() + seconds).moved(stretch.after, stretch.last)
    return moved, sum(len(worker.take(*batch).written) for batch in _batches(worker, way, moved.rest))


def _batches(
    worker: Worker, way: Statement, keys: Sequence[str]
) -> Iterator[tuple[SourceTable, Sequence[SourceRow]]]:
    """What is left for Python, as much at once as memory should hold."""
    if not keys:
        return
    table = worker.source.table(way.table)
    lend(worker.writer, worker.reader, table)
    table = for_a_pass(worker.reader, table)
    while keys:
        chunk = keys[:REST_ROWS]
        batch = read_named(worker.reader, worker.source, table, chunk, REST_BYTES)
        yield table, batch.rows
        worker.breathe()
        last = chunk[-1] if batch.is_last else batch.last_key(None) or chunk[-1]
        keys = [key for key in keys if key > last]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A stretch on its way through the database, until `deadline` on the monotonic clock."""

    worker: Worker
    way: Statement
    stretch: Stretch
    deadline: float

    def moved(self, after: str | None, last: str) -> Moved:
        """As a whole; where that is refused, in halves as long as there is time for them."""
        try:
            with self.worker.writer.transaction():
                return self._executed(after, last)
        except REFUSED:
            keys = _keys(self.worker.reader, self.way, after, last)
        if len(keys) <= FEWEST_HALVED or self._milliseconds() <= 0:
            return Moved(rest=keys)
        middle = keys[len(keys) // 2 - 1]
        return self.moved(after, middle) + self.moved(middle, last)

    def _executed(self, after: str | None, last: str) -> Moved:
        writer = self.worker.writer
        timeout = f"{max(1, self._milliseconds())}ms"
        before = settled(writer, SETTINGS | {"statement_timeout": timeout})
        statement = self.way.beginning if after is None else self.way.following
        parameters = _parameters(self.worker, self.stretch) | {"after": after, "until": last}
        moved = one(writer, Moved, statement, parameters, prepare=True)
        settled(writer, before)
        if moved is None:
            raise AssertionError("an aggregate has one row")
        return moved

    def _milliseconds(self) -> int:
        return int((self.deadline - time.monotonic()) * 1_000)


def settled(writer: Connection, values: Mapping[str, str]) -> Mapping[str, str]:
    """Set these for the rest of the transaction, and say what they were."""
    return one(writer, dict, sql("migration/movement/setwise/settings"), values) or {}


def _parameters(worker: Worker, stretch: Stretch) -> dict[str, object]:
    tenancy = worker.source.tenancy
    return {
        "horizon": stretch.horizon,
        "suspects": list(stretch.suspects),
        "endpoints": [f"%{_literally(endpoint)}%" for endpoint in tenancy.endpoints],
        "assumed": assumed_fact(tenancy),
        "run_id": worker.run_id,
        "phase": worker.phase,
        "at": worker.now(),
    }


def _literally(text: str) -> str:
    """The text as LIKE finds it and nothing else."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _keys(reader: Connection, way: Statement, after: str | None, last: str) -> list[str]:
    statement = sql("migration/movement/setwise/keys").format(
        key=Named(KEY),
        table=table_of(way.columns),
        range=span(way.columns, after=after is not None, until=True),
    )
    return scalars(reader, statement, {"after": after, "until": last})


def _is_ready(worker: Worker, way: Statement) -> bool:
    """Whether the writer's session can judge rows as Python would: it sees all of them, and has its lists beside it."""
    writer = worker.writer
    if writer.info.parameter_status("server_encoding") != "UTF8" or _is_hidden_from(writer, way):
        return False
    if writer not in _ready:
        _ready[writer] = _has_tenants(writer, worker.source.tenancy, worker.source.tenants)
    return _ready[writer] and _tells_twins(writer, way)


def _tells_twins(writer: Connection, way: Statement) -> bool:
    """Whether the statement can tell the twins of a row without reading the whole table; a step has none."""
    if way.table == EXECUTIONS:
        return is_prepared(writer, TWINS)
    if way.table == DAYS:
        parameters = {"table": _spelled(writer, way, DAYS), "columns": TWIN_DAYS}
        return bool(scalar(writer, sql("migration/movement/setwise/indexed"), parameters))
    return True


def _is_hidden_from(writer: Connection, way: Statement) -> bool:
    names = [_spelled(writer, way, name) for name in (way.table, way.columns.side)]
    return bool(scalar(writer, sql("migration/movement/setwise/hidden"), {"tables": names}))


def _spelled(writer: Connection, way: Statement, table: str) -> str:
    return compose.Identifier(way.columns.catalog.schema, table).as_string(writer)


def _has_tenants(writer: Connection, tenancy: Tenancy, tenants: Tenants) -> bool:
    try:
        with writer.transaction():
            writer.execute(sql("migration/movement/setwise/tenants"))
            with writer.cursor() as cursor, cursor.copy("COPY pg_temp.atlas_tenants FROM STDIN") as copy:
                for organization in tenancy.organizations:
                    if _is_canonical(organization):
                        fact = organization_fact(organization, tenancy)
                        copy.write_row((organization, fact, tenants.covers(organization)))
    except NOT_ALLOWED:
        return False
    writer.execute("ANALYZE pg_temp.atlas_tenants")
    return True


def _is_canonical(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
