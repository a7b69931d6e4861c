"""A person's tags, which live in four places: a text[] or jsonb column, or a table between people and tags."""

from dataclasses import dataclass
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.tables import Crm, Table

# Table of people -> tables between them and `tags`, with the column that names the person.
_BETWEEN = {
    "leads": (("lead_tags", "lead_id"),),
    "clients": (("client_tags", "client_id"),),
    "contacts": (("contact_tags", "contact_id"), ("contact_tag_assignments", "contact_id")),
}


@dataclass(frozen=True, slots=True)
class Junction:
    """A table between people and tags, and which of its columns names the person."""

    table: Table
    person: str
    tags: Table


def junction_of(crm: Crm, people: Table) -> Junction | None:
    """The one that this database has for a table of people."""
    tags = crm.find("tags")
    if tags is None or not {"id", "name"} <= tags.columns.keys() or tags.find("organization") is None:
        return None
    for name, column in _BETWEEN.get(people.name, ()):
        table = crm.find(name)
        # A table of the same name that lists tags themselves has no such columns.
        if table is not None and {column, "tag_id"} <= table.columns.keys():
            return Junction(table, column, tags)
    return None


def read_tags(connection: Connection, crm: Crm, person: Person) -> list[str]:
    """All of them, from wherever they stand, each once."""
    junction = junction_of(crm, person.table)
    linked = [] if junction is None else _linked(connection, junction, person)
    return list(dict.fromkeys([*tags_in_column(person), *linked]))


def tags_in_column(person: Person) -> list[str]:
    """Those in the person's own row; what is no text there is left out."""
    found: Any = person.row.get("tags")
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def _linked(connection: Connection, junction: Junction, person: Person) -> list[str]:
    organization = junction.tags.need("organization")
    statement = sql("crm/tags_of_person").format(
        junction=junction.table.identifier,
        person=compose.Identifier("link", junction.person),
        kind=compose.SQL(junction.table.columns[junction.person]),
        organization=compose.SQL("{}::text").format(compose.Identifier("tag", organization)),
    )
    return scalars(connection, statement, {"person": person.id, "organization": person.organization})
