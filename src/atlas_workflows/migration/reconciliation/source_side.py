"""Reads the legacy side on its own: its own list of tables, its own SELECTs, every column as exact text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.ledger.own_writes import NOTHING_WRITTEN, OwnWrites

SCHEMA = "public"
# What the contract calls the old automations: each of these that exists must be accounted for, row by row.
TABLES = (
    "workflows", "workflow_versions", "workflow_nodes", "workflow_executions", "workflow_execution_steps",
    "workflow_templates", "workflow_triggers", "webhook_triggers", "schedule_triggers", "workflow_variables",
    "workflow_code_snippets", "workflow_queue", "workflow_analytics", "trigger_definitions", "action_definitions",
)  # fmt: skip
ORGANIZATION_COLUMNS = ("organization_id", "org_id")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """A legacy table as the catalog shows it. `is_keyed`: whether its key is a primary key, and not merely named like one."""

    table: str
    columns: tuple[str, ...]
    key: str
    types: tuple[str, ...] = ()
    is_keyed: bool = False

    @property
    def key_type(self) -> str:
        return dict(zip(self.columns, self.types, strict=False)).get(self.key, "")

    @property
    def organization_column(self) -> str | None:
        return next((name for name in ORGANIZATION_COLUMNS if name in self.columns), None)


@dataclass(frozen=True, slots=True)
class Keys:
    """The rows whose key is beyond `after`, up to `upto`, both as text; None where there is no such bound."""

    after: str | None = None
    upto: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A source row: its key as text, the organization it belongs to by its own or its parent's word, all columns."""

    table: str
    id: str
    organization_id: str | None
    columns: dict[str, str | None]


def read_shelves(connection: Connection) -> dict[str, Shelf]:
    """Every table of the list that exists, with its columns in order and its single-column key."""
    parameters = {"schema": SCHEMA, "tables": list(TABLES)}
    found = {
        shelf.table: shelf for shelf in rows(connection, _shelf, sql("reconciliation/shelves"), parameters)
    }
    return {table: found[table] for table in TABLES if table in found}


def _shelf(table: str, columns: list[str], types: list[str], key: str | None) -> Shelf:
    return Shelf(table, tuple(columns), key or "id", tuple(types), key is not None)


def cut(
    connection: Connection,
    shelves: dict[str, Shelf],
    shelf: Shelf,
    size: int,
    organizations: list[str] | None = None,
) -> tuple[list[Keys], int]:
    """Ranges of `size` rows each that hold whatever key there is, and how many rows they hold now."""
    query = compose.SQL(
        "SELECT cut.key::text, cut.at, cut.is_last FROM (SELECT {key} AS key, row_number() OVER in_order AS at,"
        " lead(1) OVER in_order IS NULL AS is_last FROM {rows} AS s WINDOW in_order AS (ORDER BY {key})"
        ") AS cut WHERE cut.is_last OR cut.at %% %(size)s = 0 ORDER BY cut.at"
    ).format(key=_key(shelf), rows=rows_of(shelves, shelf, organizations))
    parameters = {"table": shelf.table, "organizations": organizations, "size": size}
    bounds: list[str | None] = [None]
    total = 0
    for key, at, is_last in connection.execute(query, parameters):
        total = at
        if key is not None and not is_last:
            bounds.append(key)
    return [Keys(after, upto) for after, upto in zip(bounds, [*bounds[1:], None], strict=True)], total


def rows_of(
    shelves: dict[str, Shelf],
    shelf: Shelf,
    organizations: list[str] | None,
    between: compose.Composable | None = None,
) -> compose.Composable:
    """A table's rows `s` that are of one of the organizations %(organizations)s (None: all), as a statement reads many of them;
    `between`: a condition on `s`."""
    parents: compose.Composable = compose.SQL("")
    covered: compose.Composable = compose.SQL("TRUE")
    if organizations is not None:
        parents, stated = organization_beside(shelves, shelf)
        covered = _is_covered(stated, shelf)
    return compose.SQL("(SELECT s.* FROM {} AS s {} WHERE {} AND {})").format(
        _name(shelf.table), parents, between or compose.SQL("TRUE"), covered
    )


def is_covered(
    shelves: dict[str, Shelf], shelf: Shelf, organizations: list[str] | None
) -> compose.Composable:
    """Whether a row `s` is of one of the organizations %(organizations)s: by its own or its parent's word, or, where neither
    names one, by that of an operator, which the ledger has."""
    if organizations is None:
        return compose.SQL("TRUE")
    return _is_covered(organization_of(shelves, shelf), shelf)


def _is_covered(stated: compose.Composable, shelf: Shelf) -> compose.Composable:
    return compose.SQL(
        "coalesce({}, (SELECT l.organization_id::text FROM atlas.migration_ledger AS l"
        " WHERE l.source_table = %(table)s AND l.source_id = {}::text)) = ANY(%(organizations)s::text[])"
    ).format(stated, _key(shelf))


def read_batch(
    connection: Connection,
    shelves: dict[str, Shelf],
    shelf: Shelf,
    after: Any,
    ours: OwnWrites = NOTHING_WRITTEN,
    *,
    upto: Any = None,
    organizations: list[str] | None = None,
) -> list[Row]:
    """The next rows after key `after`, in the order of the key's own type, as they are without what we wrote."""
    bounds = [("{} > %(after)s", after), ("{} <= %(upto)s", upto)]
    asked: list[compose.Composable] = [
        compose.SQL(bound).format(_key(shelf)) for bound, value in bounds if value is not None
    ]
    query = compose.SQL("{} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
        _select(shelves, shelf),
        compose.SQL(" AND ").join([*asked, is_covered(shelves, shelf, organizations)]),
        _key(shelf),
    )
    parameters = {
        "table": shelf.table,
        "organizations": organizations,
        "after": after,
        "upto": upto,
        "limit": BATCH,
    }
    return _rows(shelf, connection.execute(query, parameters), ours)


def read_keys(
    connection: Connection, shelves: dict[str, Shelf], shelf: Shelf, keys: Sequence[Any]
) -> list[Row]:
    """The rows with these keys, as far as they are still there."""
    query = compose.SQL("{} WHERE {} = ANY(%(keys)s) ORDER BY {}").format(
        _select(shelves, shelf), _key(shelf), _key(shelf)
    )
    return _rows(shelf, connection.execute(query, {"keys": list(keys)}), NOTHING_WRITTEN)


def _rows(shelf: Shelf, found: Iterable[Any], ours: OwnWrites) -> list[Row]:
    return [
        Row(shelf.table, str(key), organization, _columns(shelf, str(key), values, ours))
        for key, organization, *values in found
    ]


def _columns(shelf: Shelf, key: str, values: list[str | None], ours: OwnWrites) -> dict[str, str | None]:
    columns = dict(zip(shelf.columns, values, strict=True))
    return dict(ours.undone(key, columns)) if shelf.table == "workflows" else columns


def _select(shelves: dict[str, Shelf], shelf: Shelf) -> compose.Composed:
    columns = compose.SQL(", ").join(compose.SQL("s.{}::text").format(Named(name)) for name in shelf.columns)
    return compose.SQL("SELECT {}::text, {}, {} FROM {} AS s").format(
        _key(shelf), organization_of(shelves, shelf), columns, _name(shelf.table)
    )


def _key(shelf: Shelf) -> compose.Composed:
    return compose.SQL("s.{}").format(Named(shelf.key))


def organization_of(shelves: dict[str, Shelf], shelf: Shelf) -> compose.Composable:
    """The row's own organization, else its workflow's, else its execution's or that one's workflow's."""
    return _first(list(_words(shelves, shelf, "s")))


def organization_beside(
    shelves: dict[str, Shelf], shelf: Shelf
) -> tuple[compose.Composable, compose.Composable]:
    """The same of many rows at once: joins to stand behind `s`, and the organization in terms of them. A look-up for each row
    would cost three times as much; where a parent has no primary key, nothing else is known to give one answer."""
    joins, words = [], []
    for join, word in _joined_words(shelves, shelf, "s"):
        joins += [join] if join is not None else []
        words += [word] if word is not None else []
    return compose.SQL(" ").join(joins), _first(words)


def _first(words: list[compose.Composable]) -> compose.Composable:
    if not words:
        return compose.SQL("NULL::text")
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join(words))


Join = tuple[compose.Composable | None, compose.Composable | None]


def _joined_words(shelves: dict[str, Shelf], shelf: Shelf, alias: str) -> Iterator[Join]:
    if shelf.organization_column:
        yield None, _own(shelf, alias)
    for column, parent in _parents(shelves, shelf):
        if not shelves[parent].is_keyed:
            yield None, _looked_up(shelves, column, parent, alias)
            continue
        beside = f"{alias}_{parent}"
        inner = list(_joined_words(shelves, shelves[parent], beside))
        if inner:
            yield (
                compose.SQL("LEFT JOIN {} AS {} ON {} = {}").format(
                    _name(parent),
                    compose.Identifier(beside),
                    compose.Identifier(beside, shelves[parent].key),
                    compose.Identifier(alias, column),
                ),
                None,
            )
            yield from inner


def _words(shelves: dict[str, Shelf], shelf: Shelf, alias: str) -> Iterator[compose.Composable]:
    if shelf.organization_column:
        yield _own(shelf, alias)
    for column, parent in _parents(shelves, shelf):
        word = _looked_up(shelves, column, parent, alias)
        if word is not None:
            yield word


def _parents(shelves: dict[str, Shelf], shelf: Shelf) -> Iterator[tuple[str, str]]:
    for column, parent in (("workflow_id", "workflows"), ("execution_id", "workflow_executions")):
        if column in shelf.columns and parent in shelves and parent != shelf.table:
            yield column, parent


def _own(shelf: Shelf, alias: str) -> compose.Composable:
    return compose.SQL("{}::text").format(compose.Identifier(alias, str(shelf.organization_column)))


def _looked_up(shelves: dict[str, Shelf], column: str, parent: str, alias: str) -> compose.Composable | None:
    inner = list(_words(shelves, shelves[parent], f"{alias}p"))
    if not inner:
        return None
    return compose.SQL("(SELECT coalesce({}) FROM {} AS {} WHERE {} = {})").format(
        compose.SQL(", ").join(inner),
        _name(parent),
        compose.Identifier(f"{alias}p"),
        compose.Identifier(f"{alias}p", shelves[parent].key),
        compose.Identifier(alias, column),
    )


def _name(table: str) -> compose.Identifier:
    return compose.Identifier(SCHEMA, table)
