"""What templates and conditions know as `contact`, read from the CRM."""

from collections.abc import Sequence
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.crm.people import Person, find_person
from atlas_workflows.integrations.crm.tables import Crm, read_crm
from atlas_workflows.integrations.crm.tags import read_tags

_WORDS = ("email", "phone", "status", "stage", "score", "assigned_to")


def read_contact(
    connection: Connection, organization: str, subject: str, crm: Crm | None = None
) -> dict[str, Any] | None:
    """The contact whom `subject` means (an id, or `lead:<id>`, `client:<id>`, `contact:<id>`); None where there is none.

    Every column under its own name, custom fields beside them, and under one spelling whatever the variant is called:
    id, record (lead, client or contact), name, first_name, last_name, email, phone, status, stage, score, assigned_to, tags, organization_id. Give
    `crm` (of a KnownCrm) where it is asked for often.
    """
    tables = read_crm(connection) if crm is None else crm
    person = find_person(connection, tables, organization, subject)
    return None if person is None else contact_of(connection, tables, person)


def contact_of(connection: Connection, crm: Crm, person: Person) -> dict[str, Any]:
    """The same of a row at hand."""
    return contact_with(person, read_tags(connection, crm, person))


def contact_with(person: Person, tags: Sequence[str]) -> dict[str, Any]:
    """The same with all the person's tags at hand too."""
    custom = person.value("custom")
    known = {word: found for word in _WORDS if (found := person.value(word)) is not None}
    return {
        **(custom if isinstance(custom, dict) else {}),
        **person.row,
        **known,
        **names_of(person),
        "id": person.id,
        "record": person.table.name[:-1],
        "organization_id": person.organization,
        "tags": list(tags),
    }


def names_of(person: Person) -> dict[str, str]:
    """Name, first and last name, each made of the others where it is missing; a single name is cut at its first space."""
    first, last = (str(person.row.get(name) or "").strip() for name in ("first_name", "last_name"))
    name = str(person.value("name") or "").strip() or f"{first} {last}".strip()
    if not first and not last:
        first, _, last = name.partition(" ")
    found = {"name": name, "first_name": first, "last_name": last.strip()}
    return {key: value for key, value in found.items() if value}
