"""Writes of one effect to the CRM: in one transaction, once under the effect's key, with the values from before kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.people import Person, need_person, same_person_in
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.statements import deleting, inserting, reading, updating
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.integrations.crm.values import could_be

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class CrmEffect:
    """The effect that writes: its key is the same for the same action."""

    organization: str
    key: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one row; `before` and `after` hold the columns that changed, all of them where it came or went."""

    table: str
    key: Mapping[str, Any]
    operation: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        parts = {"table": self.table, "key": dict(self.key), "operation": self.operation}
        return parts | {"before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Written:
    """What a step is told: its result, and what changed about the subject beyond what it said itself."""

    result: Any = None
    contact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Writing:
    """The writes of one effect; `now` is the transaction's time."""

    connection: Connection
    crm: Crm
    effect: CrmEffect
    now: datetime
    changes: list[Change] = field(default_factory=list)

    def person(self) -> Person:
        """The subject, locked. Raises CrmRefused where there is nobody."""
        return need_person(self.connection, self.crm, self.effect.organization, self.effect.subject)

    def lead(self) -> Person:
        """The subject's lead record, locked. Raises CrmRefused where there is none."""
        self.crm.need("leads")
        found = same_person_in(self.connection, self.crm, self.person(), "leads", lock=True)
        if found is None:
            raise CrmRefused("data", "The subject has no lead record.", "Steps on leads are for leads.")
        return found

    def record_with(self, word: str) -> Person:
        """The subject's own row where its table has a column for the word, else its lead record where that has one."""
        person = self.person()
        lead = same_person_in(self.connection, self.crm, person, "leads", lock=True)
        if person.table.find(word) is None and lead is not None and lead.table.find(word) is not None:
            return lead
        person.table.need(word)
        return person

    def row(self, table: Table, key: str) -> Mapping[str, Any] | None:
        """A row of the organization, locked."""
        kind = table.columns.get("id")
        if kind is None or not could_be(kind, key):
            return None
        given = {"key": key, "organization": self.effect.organization}
        found = scalar(self.connection, reading(self.crm, table, "id", lock=True), given)
        return None if found is None else exact_json.loads(found)

    def insert(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Add a row, under an id that follows from the effect's key where ids are uuids; None where it is there."""
        if table.columns.get("id") == "uuid" and "id" not in values:
            values = {"id": self._id(table), **values}
        found = scalar(self.connection, *inserting(table, values))
        if found is None:
            return None
        row: dict[str, Any] = exact_json.loads(found)
        key = {"id": row["id"]} if "id" in row else {name: row[name] for name in values}
        self.changes.append(Change(table.name, key, "insert", None, row))
        return row

    def update(self, table: Table, row: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change columns of a locked row; what has the value already is no change."""
        found = scalar(self.connection, *updating(table, {"id": row["id"]}, values))
        if found is None:
            return row
        after: Mapping[str, Any] = exact_json.loads(found)
        changed = [name for name in values if row.get(name) != after[name]]
        old, new = ({name: side.get(name) for name in changed} for side in (row, after))
        self.changes.append(Change(table.name, {"id": row["id"]}, "update", old, new))
        return after

    def delete(self, table: Table, key: Mapping[str, Any]) -> None:
        """Remove a row."""
        found = scalar(self.connection, *deleting(table, key))
        if found is not None:
            self.changes.append(Change(table.name, key, "delete", exact_json.loads(found), None))

    def _id(self, table: Table) -> str:
        number = len(self.changes)
        return str(
            uuid5(NAMESPACE_URL, f"{self.effect.organization}/{self.effect.key}/{table.name}/{number}")
        )


def write_once(
    connection: Connection,
    crm: Crm,
    effect: CrmEffect,
    work: Callable[[Writing], Written],
    patience: timedelta = PATIENCE,
) -> Written:
    """Do the work in the transaction at hand, or say what it came to before. Raises CrmRefused.

    `patience` is how long a row that somebody else holds is waited for.
    """
    given = {
        "organization": effect.organization, "key": effect.key, "kind": effect.kind, "subject": effect.subject,
        "patience": f"{patience / timedelta(milliseconds=1):.0f}ms",
    }  # fmt: skip
    now = scalar(connection, sql("crm/claim_write"), given)
    if now is None:
        return _before(connection, given)
    writing = Writing(connection, crm, effect, now)
    written = work(writing)
    kept = {
        "changes": exact_json.dumps_text([change.to_json() for change in writing.changes]),
        "result": exact_json.dumps_text(written.result),
        "contact": exact_json.dumps_text(dict(written.contact)),
    }
    connection.execute(sql("crm/keep_write"), given | kept)
    return written


def _before(connection: Connection, given: Mapping[str, Any]) -> Written:
    (row,) = named_rows(connection, sql("crm/written_before"), given)
    return Written(exact_json.loads(row.result), exact_json.loads(row.contact))
