"""The on/off columns of the old application's table of workflows, in whichever shape: read, switched off, put back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named, array_of
from atlas_workflows.db.tables import Catalog

TABLE = "workflows"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column says where a workflow is on (the first is what we write), and in its place to switch it off, best first."""

    on: tuple[str, ...]
    off: tuple[str, ...]


# Which columns say whether a workflow is on.
SWITCHES: Mapping[str, Meaning] = {
    "status": Meaning(("active", "enabled", "published"), ("paused", "inactive", "draft")),
    "is_active": Meaning(("true",), ("false",)),
    "active": Meaning(("true",), ("false",)),
}


class _StaysOn(Exception):
    """The row took our statement and says on all the same."""


class _StaysOff(Exception):
    """The row took our statement and says off all the same."""


REFUSED = (
    psycopg.errors.CheckViolation,
    psycopg.errors.InvalidTextRepresentation,
    psycopg.errors.RaiseException,
    _StaysOn,
    _StaysOff,
)

Columns = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Changed:
    """A column of a legacy row before and after a statement of ours, as column::text."""

    column: str
    before: str | None
    after: str | None

    @property
    def is_switch(self) -> bool:
        return self.column in SWITCHES


@dataclass(frozen=True, slots=True)
class Switch:
    """The table as the catalog shows it. Works in the caller's transaction on a session with the fixed settings."""

    catalog: Catalog

    @property
    def columns(self) -> tuple[str, ...]:
        """The on/off columns that this database has."""
        return tuple(name for name in SWITCHES if name in self.catalog.columns(TABLE))

    def read_on(self, connection: Connection, ids: Sequence[str]) -> frozenset[str]:
        """Which of these rows the old application executes now."""
        return frozenset(id_ for id_, row in self._rows(connection, ids, lock=False).items() if is_on(row))

    def lock(self, connection: Connection, ids: Sequence[str]) -> dict[str, Columns]:
        """Lock rows in the order of their keys, and read them; those that are gone are missing."""
        return self._rows(connection, ids, lock=True)

    def turn_off(self, connection: Connection, id_: str, row: Columns) -> tuple[Changed, ...] | None:
        """Switch a locked row off in every column that says on. None where its own rules let none of our values in."""
        on = [name for name in self.columns if _says_on(name, row.get(name))]
        for attempt in range(max((len(SWITCHES[name].off) for name in on), default=0)):
            values = {name: SWITCHES[name].off[min(attempt, len(SWITCHES[name].off) - 1)] for name in on}
            try:
                with connection.transaction():
                    return self._insist(connection, id_, row, values)
            except REFUSED:
                continue
        return None if on else ()

    def turn_on(
        self, connection: Connection, id_: str, row: Columns, prior: Columns
    ) -> tuple[Changed, ...] | None:
        """Switch a locked row on, in the words that stood there before where they say on. None where its own rules let none in."""
        off = [name for name in self.columns if not _says_on(name, row.get(name))]
        written = [name for name in off if row.get(name) is not None] or off
        words = {name: _on_words(name, prior.get(name)) for name in written}
        for attempt in range(max((len(found) for found in words.values()), default=0)):
            values = {name: found[min(attempt, len(found) - 1)] for name, found in words.items()}
            try:
                with connection.transaction():
                    return self._stand(connection, id_, row, values)
            except REFUSED:
                continue
        return None if written else ()

    def _stand(
        self, connection: Connection, id_: str, row: Columns, values: Mapping[str, str | None]
    ) -> tuple[Changed, ...]:
        changes = self.write(connection, id_, row, values)
        if not is_on({**row, **{change.column: change.after for change in changes}}):
            raise _StaysOff
        return changes

    def _insist(
        self, connection: Connection, id_: str, row: Columns, values: Mapping[str, str | None]
    ) -> tuple[Changed, ...]:
        """Write, and see that it holds: a database trigger of theirs may put its own value in place of ours."""
        changes = self.write(connection, id_, row, values)
        after = {change.column: change.after for change in changes}
        if any(name not in after or _says_on(name, after[name]) for name in values):
            raise _StaysOn
        return changes

    def write(
        self, connection: Connection, id_: str, row: Columns, values: Mapping[str, str | None]
    ) -> tuple[Changed, ...]:
        """Set columns of a locked row; returns every column that is another one now, touched by triggers or by us."""
        if not values:
            return ()
        kinds = self.catalog.columns(TABLE)
        assignments = compose.SQL(", ").join(
            compose.SQL("{} = %s::{}").format(Named(name), _type(kinds[name])) for name in values
        )
        statement = compose.SQL("UPDATE {} SET {} WHERE {}::text = %s").format(
            self._table, assignments, Named(self._key)
        )
        connection.execute(statement, [*values.values(), id_])
        after = self.lock(connection, [id_]).get(id_, {})
        return tuple(
            Changed(name, row[name], after[name])
            for name in row
            if name in after and after[name] != row[name]
        )

    @property
    def _key(self) -> str:
        return next(iter(self.catalog.keys.get(TABLE, ("id",))))

    @property
    def _table(self) -> compose.Composable:
        return Named(self.catalog.schema, TABLE)

    def _rows(self, connection: Connection, ids: Sequence[str], *, lock: bool) -> dict[str, Columns]:
        names = tuple(self.catalog.columns(TABLE)) if lock else self.columns
        selected = [compose.SQL("{}::text").format(Named(name)) for name in (self._key, *names)]
        keys = array_of(self.catalog.columns(TABLE)[self._key])
        statement = compose.SQL("SELECT {} FROM {} WHERE {} = ANY(%s::{}) ORDER BY {} {}").format(
            compose.SQL(", ").join(selected),
            self._table,
            Named(self._key),
            keys,
            Named(self._key),
            compose.SQL("FOR NO KEY UPDATE" if lock else ""),
        )
        found = connection.execute(statement, [list(ids)]).fetchall()
        return {str(key): dict(zip(names, values, strict=True)) for key, *values in found}


def is_on(row: Columns) -> bool:
    """Whether any on/off column of a row says that it is executed: the careful reading, since we would stop it."""
    return any(_says_on(name, row.get(name)) for name in SWITCHES)


def switched(changes: Iterable[Changed]) -> bool:
    """Whether an on/off column is among them."""
    return any(change.is_switch for change in changes)


def _on_words(column: str, prior: str | None) -> list[str | None]:
    """What says on, best first: what stood there before our first write, then what we know."""
    known: list[str | None] = list(SWITCHES[column].on)
    return list(dict.fromkeys([prior, *known] if _says_on(column, prior) else known))


def _says_on(column: str, value: str | None) -> bool:
    return value is not None and value.strip().lower() in SWITCHES[column].on


def _type(name: str) -> compose.SQL:
    return compose.SQL(name.replace("%", "%%"))
