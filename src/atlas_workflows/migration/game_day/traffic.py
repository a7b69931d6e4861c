"""Live events for the copy: leads that come, and whatever else the workflows listen for."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.named import Named
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.consents import Consent, record_consent
from atlas_workflows.store.events import emit

NEW_LEAD = "lead_created"
# What a column that must have a value gets, by PostgreSQL's category of its type.
FILLERS: Mapping[str, str] = {
    "S": "game day",
    "N": "0",
    "B": "false",
    "D": "2026-01-01",
    "A": "{}",
    "T": "1 day",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of leads."""

    name: str
    type: str
    category: str
    label: str | None
    is_needed: bool

    def value(self, known: Mapping[str, str]) -> str | None:
        """What a made-up lead has here, as text; None leaves it to the default."""
        if self.name in known and (self.category in "SU" or self.name == "id"):
            return known[self.name]
        if not self.is_needed:
            return None
        if self.label is not None:
            return self.label
        return "{}" if self.type.startswith("json") else FILLERS.get(self.category, known["id"])


@dataclass(frozen=True, slots=True)
class Listened:
    """An event that a trigger listens for, and the trigger's parameters."""

    organization: str
    workflow: str
    trigger: str
    event_type: str
    parameters: Mapping[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """What an event says that this trigger asks for: of a list the first, under the name of one of them."""
        found = {}
        for name, value in self.parameters.items():
            first = value[0] if isinstance(value, list) and value else value
            found[name.removesuffix("s") if isinstance(value, list) else name] = first
        return found


@dataclass(slots=True)
class Traffic:
    """Makes people up; needs an autocommit session that acts as migration. `why_not`: why there are no rows of leads."""

    connection: Connection
    listened: Sequence[Listened]
    chance: random.Random
    made: int = 0
    why_not: str | None = None
    _columns: Sequence[Column] = field(default=())

    def __post_init__(self) -> None:
        self._columns = rows(self.connection, Column, sql("game_day/lead_columns"))
        if not self._columns:
            self.why_not = "there is no table leads"

    def come(self, many: int) -> None:
        """Somebody comes, again and again: a new lead, and one more thing that a workflow of the organization listens for."""
        for _ in range(many):
            listened = self.listened[self.made % len(self.listened)]
            self.made += 1
            self._somebody(listened)

    def _somebody(self, listened: Listened) -> None:
        known = _person(UUID(int=self.chance.getrandbits(128), version=4), listened.organization, self.made)
        is_row = self._insert(known)
        said = Consent(listened.organization, known["id"], "all", granted=True)
        record_consent(self.connection, said, by="game day", reason="a made-up person")
        if is_row and listened.event_type == NEW_LEAD:
            return
        data = {"trigger": listened.facts | {"lead_id": known["id"]}, "contact": dict(known)}
        with self.connection.transaction():
            emit(self.connection, listened.organization, listened.event_type, known["id"], data)

    def _insert(self, known: Mapping[str, str]) -> bool:
        """A row of leads, from which the event comes by itself; False where the table does not take what we can say."""
        if self.why_not is not None:
            return False
        given = {column: text for column in self._columns if (text := column.value(known)) is not None}
        values = [compose.SQL("%s::{}").format(compose.SQL(column.type)) for column in given]
        statement = compose.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            Named("public", "leads"),
            compose.SQL(", ").join(Named(column.name) for column in given),
            compose.SQL(", ").join(values),
        )
        try:
            with self.connection.transaction():
                self.connection.execute(statement, list(given.values()))
        except psycopg.Error as cause:
            self.why_not = f"the table leads takes no made-up row: {cause.diag.message_primary}"
            return False
        return True


def read_listened(connection: Connection, organizations: Sequence[str] | None) -> list[Listened]:
    """What the workflows that are executed here listen for."""
    given = {"organizations": None if organizations is None else list(organizations)}
    return rows(connection, Listened, sql("game_day/listened"), given)


def _person(id_: UUID, organization: str, number: int) -> dict[str, str]:
    """Nobody: the domain and the numbers are those that are reserved for examples."""
    return {
        "id": str(id_), "organization_id": organization, "org_id": organization, "name": f"Game Day {number}",
        "full_name": f"Game Day {number}", "first_name": "Game", "last_name": f"Day {number}",
        "email": f"gameday{number}@example.com", "phone": f"+447700900{number % 1000:03d}", "status": "new",
        "source": "website", "lead_source": "website",
    }  # fmt: skip
