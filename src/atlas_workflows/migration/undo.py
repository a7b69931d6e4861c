"""How what a step did is taken back: counted or done, inside the one transaction of a rollback."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.movement.target import SCHEMA, Target
from atlas_workflows.migration.request import Parked

if TYPE_CHECKING:
    from atlas_workflows.migration.phase import Phase

# How a statement over the rows that an undo removes begins: so that what is counted is what would go.
_COUNT, _DELETE = compose.SQL("SELECT count(*)"), compose.SQL("DELETE")


@dataclass(frozen=True, slots=True)
class Undone:
    """Rows removed and rows archived, per table; what was given back, by name; and sentences about what stays."""

    removed: Mapping[str, int] = field(default_factory=dict)
    archived: Mapping[str, int] = field(default_factory=dict)
    given_back: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def __add__(self, other: "Undone") -> "Undone":
        return Undone(
            Counter(self.removed) + Counter(other.removed),
            Counter(self.archived) + Counter(other.archived),
            Counter(self.given_back) + Counter(other.given_back),
            self.kept + other.kept,
        )


@dataclass(frozen=True, slots=True)
class Rollback:
    """What an undo works with. `organizations` None: all of them, and rows that belong to none.

    `parked` says what becomes of live executions of workflows that go back to the old application.
    """

    connection: Connection
    target: Target
    phase: "Phase"
    organizations: list[str] | None
    actor: str
    reason: str
    at: datetime
    parked: Parked = "finish"

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "phase": self.phase.name,
            "is_first": self.phase.is_first,
            "organizations": self.organizations,
            "at": self.at,
            "run_id": None,
            "everything": self.organizations is None,
        }

    def execute(self, name: str) -> int:
        """Run a statement of include/sql/migration/rollback; returns how many rows it changed."""
        return self.connection.execute(sql(f"migration/rollback/{name}"), self.parameters).rowcount

    def change(self, name: str, table: str, **more: Any) -> int:
        """Run a statement over a table of ours; returns how many rows it changed."""
        parameters = self.parameters | {"table_name": table} | more
        return self.connection.execute(self._over(name, table), parameters).rowcount

    def number(self, name: str, table: str, **more: Any) -> int:
        """What a statement over a table of ours counts."""
        parameters = self.parameters | {"table_name": table} | more
        return int(scalar(self.connection, self._over(name, table), parameters))

    def count(self, name: str, table: str, **more: Any) -> int:
        """How many rows `delete` would remove: the same statement with another beginning."""
        parameters = self.parameters | {"table_name": table} | more
        return int(scalar(self.connection, self._over(name, table, _COUNT), parameters))

    def delete(self, name: str, table: str, **more: Any) -> int:
        """Remove the rows that a statement names; returns how many."""
        parameters = self.parameters | {"table_name": table} | more
        return self.connection.execute(self._over(name, table, _DELETE), parameters).rowcount

    def _over(self, name: str, table: str, act: compose.SQL = _DELETE) -> compose.Composed:
        key = self.target.keys[table][0]
        statement = sql(f"migration/rollback/{name}")
        return statement.format(act=act, table=compose.Identifier(SCHEMA, table), key=compose.Identifier(key))


@dataclass(frozen=True, slots=True)
class Undo:
    """Takes a step back. `count` says what `execute` would do, row for row, and changes nothing.

    `execute` runs in the rollback's transaction, after the steps that came later were taken back in it. `afterwards`
    runs once that is committed, for what needs its own locks on tables of the old application; it must be safe to
    repeat, since a rollback that was killed before it is repeated whole.
    """

    count: Callable[[Rollback], Undone]
    execute: Callable[[Rollback], Undone]
    afterwards: Callable[[Rollback], None] | None = None


@dataclass(frozen=True, slots=True)
class NothingToUndo:
    """The step leaves nothing that a rollback would have to remove, and why."""

    why: str
