"""Asks the database, a range of keys at a time, which rows have nothing to look at: sums of these, keys of the others.

It never says that something differs. What it does not find as it should be is compared row by row, as everything else is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import Cursor, errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.reconciliation import said_in_sql
from atlas_workflows.migration.reconciliation.carried import MAIN_ROW, Carried, Untold
from atlas_workflows.migration.reconciliation.carried_steps import NO_STEPS, STEP_COLUMNS
from atlas_workflows.migration.reconciliation.our_side import ENTERED_BY, SCHEMA, STEPS, TargetTable
from atlas_workflows.migration.reconciliation.rows import ENDED
from atlas_workflows.migration.reconciliation.source_side import SCHEMA as SOURCE_SCHEMA
from atlas_workflows.migration.reconciliation.source_side import Keys, Shelf, organization_beside, rows_of
from atlas_workflows.migration.reconciliation.steps_in_sql import step_agrees, told_steps

# A statement takes some three seconds for so many executions with their steps, and holds up to a hundred megabytes. Fewer rows make
# more statements, and each answers with up to sixteen lines for every organization, which are added up here: a third of the range
# costs half as much again, among seven hundred organizations and three million steps.
RANGE = 60_000
# Values that cannot be written as text, and what a statement over many rows is too large for: nothing that a row is at fault for.
CANNOT_SAY = (
    psycopg.DataError,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.TooManyColumns,
    errors.TooManyArguments,
    errors.InsufficientResources,
    errors.DiskFull,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.FeatureNotSupported,
    errors.CollationMismatch,
    errors.IndeterminateCollation,
)
HISTORY = frozenset({"workflow_executions", STEPS})
# legacy table -> the table that holds the one row made of each row of it, under the same id.
BY_SETS: Mapping[str, str] = {
    **{table: MAIN_ROW[table][0] for table in sorted(HISTORY)},
    "workflow_analytics": "workflow_analytics",
    "workflow_code_snippets": "workflow_code_snippets",
}
DIGEST = 32  # bytes
# What stands between two digests: room for what is carried over when some thousand millions are added as one number each.
CARRY = bytes(8)
_NO_IDS = "(SELECT NULL::text AS source_id WHERE FALSE)"
# The ledger is cut by the texts of the keys: a collation that puts letters first, or reads digits as numbers, would leave out some.
TEXTS_LIKE_KEYS = "SELECT '0' < '9' AND '9' < 'a' AND 'a' < 'f' AND '10' < '9'"


@dataclass(frozen=True, slots=True)
class Proven:
    """Rows of one organization and bucket that hold: their digests, end to end, and those of their enhanced rows; or, with no
    organization, the keys of those to look at, how many rows of one side have nothing on the other (`strays`), and how many
    hold something in a column that no migration writes (`written`). `sources`: how many source rows the whole range has."""

    organization: str | None
    bucket: int | None
    rows: int
    lines: int
    leaves: bytes | None
    main_kept: bytes | None
    member_kept: bytes | None
    others: list[Any] | None
    strays: int = 0
    written: int = 0
    sources: int = 0

    @property
    def joined(self) -> int:
        """Source rows that it tells of, each as often as there are rows of ours under its key."""
        return self.rows if self.organization is not None else len(self.others or ())


def total_of(digests: bytes | None) -> int:
    """The sum of digests that stand end to end with a CARRY between them.

    As one number whose upper half is added to its lower one until a single digest is left: a hundredth of what it takes to
    read and add each.
    """
    told = digests or b""
    slot = 8 * (DIGEST + len(CARRY))
    count = -(-len(told) // (DIGEST + len(CARRY)))
    total = int.from_bytes(told)
    while count > 1:
        half = (count + 1) // 2
        total = (total >> slot * half) + (total & ((1 << slot * half) - 1))
        count = half
    return total


def can_be_asked(connection: Connection, shelf: Shelf) -> bool:
    """Whether the shelf is asked by sets and its keys are as they should be, in a database whose texts SQL can say as we do."""
    return (
        shelf.table in BY_SETS
        and shelf.key_type == "uuid"
        and scalar(connection, "SHOW server_encoding") == "UTF8"
        and scalar(connection, TEXTS_LIKE_KEYS)
    )


def misplaced(connection: Connection, shelf: Shelf) -> list[str]:
    """Source ids that rows of ours name without having them as their own id; rows of history are found by either."""
    if shelf.table in HISTORY:
        return []
    query = compose.SQL(
        "SELECT t.source_id FROM {} AS t WHERE t.source_table = %(table)s AND t.id::text <> t.source_id"
    ).format(compose.Identifier(SCHEMA, BY_SETS[shelf.table]))
    return scalars(connection, query, {"table": shelf.table})


@dataclass(frozen=True)
class Question:
    """What is asked of one legacy table. `targets`: all tables of ours; `present`: those that hold anything of it now;
    `suspects`: source ids to look at in any case; `organizations`: the only ones that it is asked about, None for all."""

    shelves: dict[str, Shelf]
    shelf: Shelf
    targets: Sequence[TargetTable]
    present: Sequence[TargetTable]
    suspects: Sequence[str] = ()
    organizations: list[str] | None = None

    def ask(self, connection: Connection, keys: Keys) -> list[Proven] | None:
        """The rows between these keys; None where the database cannot say (a value that it cannot write as text)."""
        try:
            with connection.transaction(), connection.cursor(binary=True) as cursor:
                these = self._keys(connection, keys)
                # Of some organizations, a second row may stand where their rows are not looked for.
                are_doubled = self.organizations is not None and self.shelf.table in HISTORY
                found = self._asked(cursor, keys, these, are_doubled=are_doubled)
                if not are_doubled and found and sum(part.joined for part in found) > found[0].sources:
                    # Under some key there are two rows of ours. Which one that is nobody has to know otherwise.
                    found = self._asked(cursor, keys, these, are_doubled=True)
                return found
        except CANNOT_SAY:
            return None

    def _asked(
        self, cursor: Cursor[Any], keys: Keys, these: dict[str, list[Any]], *, are_doubled: bool
    ) -> list[Proven]:
        parameters = these | {
            "table": self.shelf.table,
            "after": keys.after,
            "upto": keys.upto,
            "suspects": list(self.suspects),
            "organizations": self.organizations,
        }
        # Planned anew for each range: what was planned for one says little about the next.
        statement = self._statement(keys, are_doubled)
        return [Proven(*values) for values in cursor.execute(statement, parameters, prepare=False)]

    @property
    def main(self) -> str:
        """The table that holds the one row made of each."""
        return BY_SETS[self.shelf.table]

    @cached_property
    def _types(self) -> dict[str, str]:
        return dict(zip(self.shelf.columns, self.shelf.types, strict=True))

    @cached_property
    def _main(self) -> TargetTable:
        return next(table for table in self.targets if table.name == self.main)

    @cached_property
    def _member(self) -> TargetTable | None:
        return next((table for table in self.present if table.name == STEPS != self.main), None)

    def _statement(self, keys: Keys, are_doubled: bool) -> compose.Composed:
        main = self.main
        parents, organization = organization_beside(self.shelves, self.shelf)
        return sql("reconciliation/proof").format(
            elsewhere=self._elsewhere(),
            twice=self._twice(keys) if are_doubled else compose.SQL(_NO_IDS),
            carry=compose.Literal(CARRY),
            astray=self._astray(keys),
            content=said_in_sql.content(self._types, "pair"),
            key=Named(self.shelf.key),
            organization=organization,
            parents=parents,
            source_cells=said_in_sql.legacy_cells(self.shelf.columns, "s"),
            source=self._source(keys),
            entries=self._entries(keys),
            main=self._main_rows(keys),
            main_cells=said_in_sql.cells(self.main, self._main.arrays, "t"),
            main_at_rest=said_in_sql.is_at_rest(self.main, "t"),
            main_text=said_in_sql.row_text(main, "pair"),
            main_name=said_in_sql.literal(f'"{main}":"'),
            main_head=said_in_sql.head_of_kept(main),
            main_tail=said_in_sql.tail_of_kept(main),
            told=told_steps(self.shelf, self._source(keys)),
            agrees=step_agrees(),
            member=self._lines(self._member, keys) if self._member else _none_of(STEPS),
            member_text=said_in_sql.row_text(STEPS, "cells"),
            member_name=said_in_sql.literal(f'"{STEPS}":"'),
            member_head=said_in_sql.head_of_kept(STEPS),
            member_tail=said_in_sql.tail_of_kept(STEPS),
            arrived=self._arrived(),
            leaf_head=said_in_sql.literal(f"{len(self.shelf.table)}:{self.shelf.table}{said_in_sql.ID_LENGTH}:"),
        )  # fmt: skip

    def _source(self, keys: Keys) -> compose.Composable:
        if self.organizations is None:
            return self._covered(keys)
        return compose.SQL("(SELECT s.* FROM {} AS s WHERE s.{} = ANY(%(keys)s::uuid[]))").format(
            compose.Identifier(SOURCE_SCHEMA, self.shelf.table), Named(self.shelf.key)
        )

    def _covered(self, keys: Keys) -> compose.Composable:
        between = _between(compose.SQL("s.{}").format(Named(self.shelf.key)), keys)
        return rows_of(self.shelves, self.shelf, self.organizations, between)

    def _keys(self, connection: Connection, keys: Keys) -> dict[str, list[Any]]:
        """Of some organizations in a range: the keys of their source rows, and with those the ids that their rows of ours have.

        Whose a row is takes its parents to say, so it is asked once and not by every part of the statement.
        """
        if self.organizations is None:
            return {}
        parameters = {"table": self.shelf.table, "after": keys.after, "upto": keys.upto} | {
            "organizations": self.organizations
        }
        of_source = compose.SQL("SELECT s.{} FROM {} AS s").format(Named(self.shelf.key), self._covered(keys))
        of_ours = compose.SQL("SELECT t.id FROM {} AS t").format(self._main_rows(keys))
        rows = scalars(connection, of_source, parameters)
        return {
            "keys": rows,
            "ids": [*{*map(str, rows), *map(str, scalars(connection, of_ours, parameters))}],
        }

    def _entries(self, keys: Keys) -> compose.Composable:
        """Which entries and originals. Those of some organizations could only be told by reading all in the range, so they are
        asked for by their keys; what else stands under these organizations is asked for by itself."""
        if self.organizations is None:
            return _between(compose.SQL("source_id"), keys, as_text=True)
        return compose.SQL("source_id = ANY(%(ids)s::text[])")

    def _main_rows(self, keys: Keys) -> compose.Composed:
        return compose.SQL("(SELECT * FROM {} AS t WHERE t.source_table = %(table)s AND {}{})").format(
            compose.Identifier(SCHEMA, self.main),
            _between(compose.SQL("t.id"), keys),
            self._of_these("organization_id"),
        )

    def _of_these(self, column: str) -> compose.Composed:
        """A condition on rows of ours where only some organizations are asked about."""
        if self.organizations is None:
            return compose.Composed([])
        return compose.SQL(" AND {} = ANY(%(organizations)s::uuid[])").format(compose.Identifier(column))

    def _elsewhere(self) -> compose.Composed:
        """Rows of other tables that name one of these: none should, so whatever they name is looked at."""
        others = [table.name for table in self.present if table.name not in (self.main, STEPS)]
        parts: list[compose.Composable] = [
            compose.SQL("SELECT source_id FROM {} WHERE source_table = %(table)s").format(
                compose.Identifier(SCHEMA, name)
            )
            for name in others
        ]
        if not parts:
            return compose.SQL(_NO_IDS).format()
        return compose.SQL("({})").format(compose.SQL(" UNION ALL ").join(parts))

    def _twice(self, keys: Keys) -> compose.Composed:
        """Of some key there may be two rows, told apart by when they started."""
        return compose.SQL(
            "(SELECT t.id::text AS source_id FROM {} AS t WHERE {} GROUP BY t.id HAVING count(*) > 1)"
        ).format(compose.Identifier(SCHEMA, self.main), _between(compose.SQL("t.id"), keys))

    def _astray(self, keys: Keys) -> compose.Composed:
        """Rows of the organizations asked about of which a line stands under another one, where `_lines` does not look."""
        if self.organizations is None or self._member is None:
            return compose.SQL(_NO_IDS).format()
        entered_by = compose.Identifier("t", ENTERED_BY[STEPS])
        return compose.SQL(
            "(SELECT {0}::text AS source_id FROM {1} AS t WHERE t.source_table = %(table)s AND {2}"
            " AND t.organization_id <> ALL(%(organizations)s::uuid[])"
            " AND {0} IN (SELECT s.{3} FROM {4} AS s OFFSET 0))"
        ).format(
            entered_by,
            compose.Identifier(SCHEMA, STEPS),
            _between(entered_by, keys),
            Named(self.shelf.key),
            self._source(keys),
        )

    def _lines(self, table: TargetTable, keys: Keys) -> compose.Composed:
        entered_by = ENTERED_BY[table.name]
        return compose.SQL(
            "(SELECT t.{} AS row_key, t.position AS at, {}, ({}) AS is_at_rest FROM {} AS t WHERE t.source_table = %(table)s AND {}{} OFFSET 0)"
        ).format(
            compose.Identifier(entered_by),
            said_in_sql.cells(table.name, table.arrays, "t"),
            said_in_sql.is_at_rest(table.name, "t"),
            compose.Identifier(SCHEMA, table.name),
            _between(compose.Identifier("t", entered_by), keys),
            self._of_these("organization_id"),
        )

    def _arrived(self) -> compose.Composed:
        _, carried = MAIN_ROW.get(self.shelf.table, ("", ()))
        conditions = [*self._carried(carried), *self._ended(), *self._steps_are_told()]
        return compose.SQL(" AND ").join(conditions or [compose.SQL("TRUE")])

    def _carried(self, carried: Iterable[Carried]) -> Iterator[compose.Composable]:
        for column in carried:
            told = [self._told(name) for name in column.sources if name in self.shelf.columns]
            arrived = compose.Identifier("pair", column.target)
            if column.untold is not Untold.WHATEVER:
                first = _first([*told, compose.SQL("{}::text").format(compose.Literal(column.untold.text))])
                yield compose.SQL("{} IS NOT DISTINCT FROM {}").format(arrived, first)
            elif told:
                yield compose.SQL("({0} IS NULL OR {0} = {1})").format(_first(told), arrived)

    def _steps_are_told(self) -> Iterator[compose.Composable]:
        """What `told_steps` reads no list from may be one all the same: in a text, or in a column that is no jsonb."""
        if self.shelf.table != "workflow_executions":
            return
        for name in (name for name in STEP_COLUMNS if name in self.shelf.columns):
            cell = compose.SQL("pair.{}").format(self._cell(name))
            is_list = compose.SQL("left({}, 1) = '['" if self._types[name] == "jsonb" else "FALSE").format(
                cell
            )
            none = compose.SQL(", ").join(map(compose.Literal, ("", *sorted(NO_STEPS))))
            yield compose.SQL("({0} IS NULL OR {0} IN ({1}) OR {2})").format(cell, none, is_list)

    def _told(self, name: str) -> compose.Composed:
        # A time without a zone is read as one in UTC, by the session's setting.
        zone = " || '+00'" if self._types[name] == "timestamp without time zone" else ""
        return compose.SQL("pair.{}" + zone).format(self._cell(name))

    def _cell(self, name: str) -> compose.Identifier:
        return said_in_sql.cell(self.shelf.columns.index(name))

    def _ended(self) -> Iterator[compose.Composable]:
        if self.shelf.table == "workflow_executions" and "status" in self.shelf.columns:
            told = compose.SQL("pair.{}").format(self._cell("status"))
            yield compose.SQL("({0} IS NULL OR {0} = pair.status OR NOT lower({0}) ~ {1})").format(
                told, compose.Literal("|".join(sorted(ENDED)))
            )


def _first(values: Iterable[compose.Composable]) -> compose.Composed:
    """The first of these that is not NULL."""
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join(values))


def _none_of(table: str) -> compose.Composed:
    return compose.SQL(
        "(SELECT NULL::uuid AS row_key, NULL::integer AS at, {}, TRUE AS is_at_rest WHERE FALSE)"
    ).format(said_in_sql.no_cells(table))


def _between(column: compose.Composable, keys: Keys, *, as_text: bool = False) -> compose.Composed:
    kind = compose.SQL("::uuid::text" if as_text else "::uuid")
    bounds: list[compose.Composable] = [
        compose.SQL(f"{{}} {sign} %({name})s{{}}").format(column, kind)
        for sign, name, value in ((">", "after", keys.after), ("<=", "upto", keys.upto))
        if value is not None
    ]
    return compose.SQL(" AND ").join(bounds or [compose.SQL("TRUE")])
