"""Where the sequences stand: noted with a backup, and asked again of what was restored from it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import BackupError


@dataclass(frozen=True, slots=True)
class SequenceState:
    """A sequence's last value, and whether it was given out."""

    schema: str
    name: str
    value: int
    is_called: bool
    step: int
    cycles: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> compose.Identifier:
        return compose.Identifier(self.schema, self.name)

    @property
    def setting(self) -> str:
        """The statement that puts a sequence there."""
        statement = compose.SQL("SELECT pg_catalog.setval({}, {}, {})").format(
            compose.Literal(self.identifier.as_string()),
            compose.Literal(self.value),
            compose.Literal(self.is_called),
        )
        return statement.as_string()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def is_reached_by(self, value: int) -> bool:
        """Whether a value is no earlier one; the application goes on drawing numbers while a backup is made."""
        return self.cycles or (value - self.value) * self.step >= 0


@dataclass(frozen=True, slots=True)
class DeclaredSequence:
    """A sequence as it is declared, and whether this role may read where it stands."""

    schema: str
    name: str
    step: int
    cycles: bool
    may_read: bool


def read_sequences(connection: Connection) -> tuple[SequenceState, ...]:
    """Every sequence of the database. Raises BackupError where this role may not read one, as pg_dump does."""
    found = rows(connection, DeclaredSequence, sql("backup/sequences"))
    hidden = [f"{item.schema}.{item.name}" for item in found if not item.may_read]
    if hidden:
        raise BackupError(
            f"{connection.info.user} may not read where these sequences stand: {', '.join(hidden)}.",
            remedy="As their owner: GRANT SELECT ON ALL SEQUENCES IN SCHEMA … TO that role.",
        )
    return tuple(_state(connection, item.schema, item.name, item.step, item.cycles) for item in found)


def behind(connection: Connection, expected: Iterable[SequenceState]) -> Iterator[str]:
    """A sentence for each sequence that is missing, or would give numbers that were given before."""
    for state in expected:
        try:
            found = _state(connection, state.schema, state.name, state.step, state.cycles)
        except psycopg.errors.UndefinedTable:
            yield f"sequence {state} is missing"
            continue
        if not state.is_reached_by(found.value) or (
            found.value == state.value and state.is_called > found.is_called
        ):
            yield f"sequence {state} stands at {found.value}, not at {state.value}"


def _state(connection: Connection, schema: str, name: str, step: int, cycles: bool) -> SequenceState:
    query = compose.SQL("SELECT last_value AS value, is_called FROM {}").format(
        compose.Identifier(schema, name)
    )
    state = one(connection, partial(SequenceState, schema, name, step=step, cycles=cycles), query)
    assert state is not None  # a sequence is a relation of one row
    return state
