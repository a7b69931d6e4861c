"""Which tables and columns a CRM database has, found under all names that its variants gave them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.integrations.crm.refusal import lacks

PEOPLE = ("leads", "clients", "contacts")
SECONDS_KEPT = 300.0

# What a column holds -> the names it goes under, the one to write first.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "organization": ("organization_id", "org_id"),
    "name": ("name", "full_name"),
    "phone": ("phone", "phone_number"),
    "score": ("score", "lead_score"),
    "stage": ("stage", "pipeline_stage", "stage_id"),
    "pipeline": ("pipeline", "pipeline_id"),
    "assigned_to": ("assigned_to", "owner_id", "assigned_user_id"),
    "custom": ("custom_fields", "metadata", "field_data"),
    "text": ("content", "note", "text", "body", "description"),
    "author": ("created_by", "author_id", "user_id"),
    "type": ("type", "task_type"),
    "due_at": ("due_date", "due_at"),
    "activity_type": ("activity_type", "type"),
    "description": ("description", "activity_description", "notes", "details"),
    "value": ("value", "amount", "estimated_value"),
    "title": ("title", "name", "subject"),
    "starts_at": ("starts_at", "start_time", "scheduled_at", "start_at", "appointment_date"),
    "ends_at": ("ends_at", "end_time", "end_at"),
    "duration_minutes": ("duration_minutes", "duration"),
    "appointment_type": ("appointment_type", "booking_type", "class_type", "type", "title"),
    "staff": ("staff_id", "trainer_id", "instructor_id", "assigned_to"),
    "cancelled_at": ("cancelled_at", "canceled_at"),
    "cancel_reason": ("cancellation_reason", "cancel_reason"),
    "refund_policy": ("refund_policy",),
    "checked_in_at": ("checked_in_at", "check_in_time", "attended_at"),
    "checked_in": ("checked_in", "attended"),
    "message": ("message", "body", "content", "text"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is there; `columns` maps its columns to their types."""

    name: str
    columns: Mapping[str, str]
    schema: str = "public"

    @property
    def identifier(self) -> compose.Identifier:
        return compose.Identifier(self.schema, self.name)

    def find(self, word: str) -> str | None:
        """The column that holds what `word` says."""
        return next((name for name in ALIASES.get(word, (word,)) if name in self.columns), None)

    def need(self, word: str) -> str:
        """Like `find`. Raises CrmRefused where there is none."""
        found = self.find(word)
        if found is None:
            names = " or ".join(ALIASES.get(word, (word,)))
            raise lacks(f"column {names} in table {self.name}", f"Add it to {self.name}, or change the step.")
        return found


@dataclass(frozen=True, slots=True)
class Crm:
    """The tables of a CRM database."""

    tables: Mapping[str, Table]

    def find(self, *names: str) -> Table | None:
        """The first of these tables that is there."""
        return next((self.tables[name] for name in names if name in self.tables), None)

    def need(self, *names: str) -> Table:
        """Like `find`. Raises CrmRefused where none is there."""
        found = self.find(*names)
        if found is None:
            raise lacks(f"table {' or '.join(names)}", "Create it, or take the step out of the workflow.")
        return found

    def people(self) -> list[Table]:
        """The tables of people whose rows belong to an organization."""
        return [table for name in PEOPLE if (table := self.tables.get(name)) and "id" in table.columns]


def read_crm(connection: Connection, schema: str = "public") -> Crm:
    """Look at what is there."""
    found = read_catalog(connection, schema=schema).tables
    return Crm({name: Table(name, columns, schema) for name, columns in found.items()})


@dataclass(slots=True)
class KnownCrm:
    """What a database has, looked up once and again after SECONDS_KEPT; for all threads."""

    schema: str = "public"
    clock: Callable[[], float] = time.monotonic
    _crm: Crm | None = None
    _until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def of(self, connection: Connection) -> Crm:
        """The tables of the database behind a connection; always ask with connections to the same one."""
        with self._lock:
            if self._crm is None or self.clock() >= self._until:
                self._crm = read_crm(connection, self.schema)
                self._until = self.clock() + SECONDS_KEPT
            return self._crm

    def forget(self) -> None:
        """Look again at the next question: a statement met a table that is not what it was."""
        with self._lock:
            self._crm = None
