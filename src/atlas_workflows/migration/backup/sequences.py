"""Where the sequences stand: noted with a backup, and asked again of what was restored from it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.tables import QualifiedName


@dataclass(frozen=True, slots=True)
class SequenceState(QualifiedName):
    """A sequence's last value, and whether it was given out."""

    value: int
    is_called: bool
    step: int
    cycles: bool

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
class DeclaredSequence(QualifiedName):
    """A sequence as it is declared, and whether this role may read where it stands."""

    step: int
    cycles: bool
    may_read: bool


def read_sequences(connection: Connection) -> tuple[SequenceState, ...]:
    """Every sequence of the database. Raises BackupError where this role may not read one, as pg_dump does."""
    found = rows(connection, DeclaredSequence, sql("backup/sequences"))
    hidden = [str(item) for item in found if not item.may_read]
    if hidden:
        raise BackupError(
            f"{connection.info.user} may not read where these sequences stand: {', '.join(hidden)}.",
            remedy="As their owner: GRANT SELECT ON ALL SEQUENCES IN SCHEMA … TO that role.",
        )
    return tuple(_state(connection, item) for item in found)


def behind(connection: Connection, expected: Iterable[SequenceState]) -> Iterator[str]:
    """A sentence for each sequence that is missing, or would give numbers that were given before."""
    for state in expected:
        try:
            found = _state(connection, state)
        except psycopg.errors.UndefinedTable:
            yield f"sequence {state} is missing"
            continue
        if not state.is_reached_by(found.value) or (
            found.value == state.value and state.is_called > found.is_called
        ):
            yield f"sequence {state} stands at {found.value}, not at {state.value}"


def _state(connection: Connection, known: SequenceState | DeclaredSequence) -> SequenceState:
    query = compose.SQL("SELECT last_value AS value, is_called FROM {}").format(known.identifier)

    def state(value: int, is_called: bool) -> SequenceState:
        return SequenceState(known.schema, known.name, value, is_called, known.step, known.cycles)

    found = one(connection, state, query)
    assert found is not None  # a sequence is a relation of one row
    return found
