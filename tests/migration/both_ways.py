"""Moves the history of a database by one way and by the other, and takes both back: to compare what each writes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from moving_phase import fetch
from psycopg import sql as compose

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.migration.movement.setwise import Moved, Stretch, read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.setwise_statement import DAYS, EXECUTIONS, STEPS, Statement
from atlas_workflows.migration.movement.source import whole_table
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.request import RunOptions

HISTORY = (EXECUTIONS, STEPS, DAYS)
WRITTEN = (
    "workflow_executions",
    "workflow_execution_steps",
    "workflow_analytics",
    "originals",
    "migration_ledger",
    "quarantine",
    "secrets",
)
# What differs each time: when it was written, and what a seal looks like.
_APART = frozenset({"migrated_at", "quarantined_at", "sealed"})
_DEFAULTS = {
    "workflow_execution_steps": {"updated_at"},
    "workflow_analytics": {"updated_at"},
    "secrets": {"created_at"},
}
Written = dict[str, list[str]]


class _Back(Exception):
    """Ends a transaction that is not to last."""


@dataclass(frozen=True)
class Both:
    """What each way wrote, and what the statements said of it."""

    inside: Written
    by_python: Written
    moved: dict[str, Moved]

    def differences(self) -> dict[str, list[str]]:
        """Rows that only one of the two wrote, per table."""
        return {
            table: sorted(set(rows) ^ set(self.by_python[table]))[:4]
            for table, rows in self.inside.items()
            if rows != self.by_python[table]
        }

    def shares(self) -> dict[str, float]:
        """How much of each table did not have to go through Python; of what has no rows, nothing is said."""
        rows = {name: item.settled + len(item.rest) for name, item in self.moved.items()}
        return {name: self.moved[name].settled / count for name, count in rows.items() if count}


def both_ways(worker: Worker, alter: Callable[[str], str] = str, *, only: Sequence[str] = HISTORY) -> Both:
    """Clear the history that is there and write it by each way; nothing of that lasts. `alter` changes the statements' text,
    `only` are the tables that are written again."""
    names = [name for name in tables(worker) if name in only]
    ways = {name: altered(way, alter) for name in names if (way := way_of(worker, worker.source.table(name)))}
    moved: dict[str, Moved] = {}
    with taken_back(worker):
        for name in names:
            if name in ways:
                moved[name] = inside(worker, ways[name])
            else:
                by_python(worker, name)
        one = written(worker)
    with taken_back(worker):
        for name in names:
            by_python(worker, name)
        other = written(worker)
    return Both(one, other, moved)


def way_to(worker: Worker, name: str) -> Statement:
    """The statement for a table of which some rows must be plain."""
    way = way_of(worker, worker.source.table(name))
    assert way is not None
    return way


def tables(worker: Worker) -> list[str]:
    return [table.table for table in worker.source.tables if table.table in HISTORY]


def altered(way: Statement, alter: Callable[[str], str]) -> Statement:
    """The statement with another text."""
    one, other = (compose.SQL(alter(text.as_string(None))) for text in (way.beginning, way.following))
    return replace(way, beginning=one, following=other)


def inside(worker: Worker, way: Statement) -> Moved:
    """Everything of the table in stretches of two thousand."""
    found, stretch = Moved(), Stretch(None, None, 0, 0, is_last=False)
    while not stretch.is_last:
        stretch = read_stretch(worker, way, stretch.last, None, 2_000, 16 << 20)
        found += take_stretch(worker, way, stretch)[0]
    return found


def by_python(worker: Worker, name: str) -> None:
    table = worker.source.table(name)
    for batch in whole_table(worker.reader, worker.source, table, RunOptions()):
        worker.take(table, batch.rows)


@contextmanager
def taken_back(worker: Worker) -> Iterator[None]:
    try:
        with worker.writer.transaction():
            for table in WRITTEN:
                worker.writer.execute(f"DELETE FROM atlas.{table} WHERE {_of_history(table)}".encode())
            yield
            raise _Back
    except _Back:
        pass


@contextmanager
def trigger(dsn: str, body: str) -> Iterator[None]:
    """Before an original is inserted, in a statement with an end to it: the set-wise one, not what Python does."""
    fetch(
        dsn,
        "CREATE FUNCTION atlas.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF current_setting('statement_timeout') <> '0' THEN {body} END IF; RETURN NEW; END $$",
    )
    fetch(
        dsn,
        "CREATE TRIGGER meddle BEFORE INSERT ON atlas.originals FOR EACH ROW EXECUTE FUNCTION atlas.meddle()",
    )
    try:
        yield
    finally:
        fetch(dsn, "DROP FUNCTION atlas.meddle CASCADE")


def written(worker: Worker) -> Written:
    """What is there of the history, each row as text."""
    return {table: sorted(_rows(worker, table)) for table in WRITTEN}


def _rows(worker: Worker, table: str) -> Iterator[str]:
    statement = f"SELECT to_jsonb(t)::text, coalesce(to_jsonb(t) ->> 'sealed', '') <> '' FROM atlas.{table} AS t WHERE {_of_history(table)}"
    for text, is_sealed in worker.writer.execute(statement.encode()):
        row = loads(text)
        apart = _APART | _DEFAULTS.get(table, frozenset())
        yield dumps_text(
            {"is_sealed": is_sealed} | {key: row[key] for key in sorted(row) if key not in apart}
        )


def _of_history(table: str) -> str:
    if table == "secrets":
        return "TRUE"
    names = ", ".join(f"'{name}'" for name in HISTORY)
    return f"source_table IN ({names})"
