"""Finds the person an execution is about: a lead, a client or a contact of one organization, never of another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.tables import PEOPLE, Crm, Table
from atlas_workflows.integrations.crm.values import could_be

LINKS = {"leads": "lead_id", "clients": "client_id", "contacts": "contact_id"}


@dataclass(frozen=True, slots=True)
class Person:
    """A row about somebody. `row` is all of it as JSON."""

    table: Table
    id: str
    organization: str
    row: Mapping[str, Any]

    def value(self, word: str) -> Any:
        """What the row says under any of the names of `word`."""
        column = self.table.find(word)
        return None if column is None else self.row.get(column)

    def link(self, table: str) -> str | None:
        """The id under which the same person stands in another table, as far as this row says so."""
        found = self.id if table == self.table.name else self.row.get(LINKS[table])
        return None if found is None else str(found)


def find_person(
    connection: Connection, crm: Crm, organization: str, subject: str, *, lock: bool = False
) -> Person | None:
    """Whom a subject means: an id, or `lead:<id>`, `client:<id>`, `contact:<id>`; leads are looked at first.

    `lock` keeps others from changing the row until the transaction ends.
    """
    table, key = _read(subject)
    candidates = [found for found in crm.people() if table in (None, found.name)]
    return _first(_row(connection, crm, found, organization, key, lock) for found in candidates)


def need_person(connection: Connection, crm: Crm, organization: str, subject: str) -> Person:
    """Like `find_person`, locked. Raises CrmRefused where the organization has nobody like this."""
    found = find_person(connection, crm, organization, subject, lock=True)
    if found is None:
        raise CrmRefused(
            "data",
            "The organization has no lead, client or contact of the execution's subject.",
            "It may have been deleted.",
        )
    return found


def same_person_in(
    connection: Connection, crm: Crm, person: Person, table: str, *, lock: bool = False
) -> Person | None:
    """The same person's row in another table, by the link that this row has, or that the other one has."""
    if person.table.name == table:
        return person
    target, key = crm.find(table), person.link(table)
    if target is None:
        return None
    if key is not None:
        return _row(connection, crm, target, person.organization, key, lock)
    back = LINKS[person.table.name]
    return _row(connection, crm, target, person.organization, person.id, lock, back)


def of_organization(crm: Crm, table: Table, alias: str) -> compose.Composable:
    """SQL for the organization of a row: its own column, else that of the lead or client it hangs on."""
    parts: list[compose.Composable] = []
    own = table.find("organization")
    if own is not None:
        parts.append(compose.SQL("{}::text").format(compose.Identifier(alias, own)))
    for name in ("leads", "clients"):
        parent, link = crm.find(name), LINKS[name]
        if parent is None or parent == table or link not in table.columns:
            continue
        column = parent.find("organization")
        if column is not None:
            parts.append(
                compose.SQL("(SELECT parent.{}::text FROM {} AS parent WHERE parent.id = {})").format(
                    compose.Identifier(column), parent.identifier, compose.Identifier(alias, link)
                )
            )
    return compose.SQL("coalesce({}, NULL)").format(compose.SQL(", ").join([*parts, compose.SQL("NULL")]))


def _read(subject: str) -> tuple[str | None, str]:
    kind, colon, key = subject.partition(":")
    table = next((name for name in PEOPLE if kind in (name, name[:-1])), None)
    return (table, key) if colon and table else (None, subject)


def _row(
    connection: Connection,
    crm: Crm,
    table: Table,
    organization: str,
    key: str,
    lock: bool,
    column: str = "id",
) -> Person | None:
    kind = table.columns.get(column)
    if kind is None or not could_be(kind, key):
        return None
    statement = sql("crm/read_person").format(
        table=table.identifier,
        column=compose.Identifier("person", column),
        kind=compose.SQL(kind),
        organization=of_organization(crm, table, "person"),
        lock=compose.SQL("FOR UPDATE OF person" if lock else ""),
    )
    found = scalar(connection, statement, {"key": key, "organization": organization})
    row = None if found is None else exact_json.loads(found)
    return None if row is None else Person(table, str(row["id"]), organization, row)


def _first(found: Iterable[Person | None]) -> Person | None:
    return next((person for person in found if person is not None), None)
