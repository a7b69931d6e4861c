"""How a row of work (a task, a note, a booking) says whom it is about."""

from typing import Any

from atlas_workflows.integrations.crm.people import Person, same_person_in
from atlas_workflows.integrations.crm.refusal import lacks
from atlas_workflows.integrations.crm.statements import LINKS
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.integrations.crm.writing import Writing

_OTHER_NAMES = {"clients": ("customer_id", "member_id")}
# Whose a row is: by its own column, or by the person it hangs on. No step changes it, else it would leave the organization.
WHOSE = frozenset({"id", "organization_id", "org_id", "organization", *LINKS.values()})


def link_to(writing: Writing, table: Table, person: Person) -> dict[str, Any]:
    """The columns that name the person: its own link, else that of the same person elsewhere. Raises CrmRefused."""
    own = _columns(table, person.table.name)
    if own:
        return {own[0]: person.id}
    if {"related_type", "related_id"} <= table.columns.keys():
        return {"related_type": person.table.name[:-1], "related_id": person.id}
    for name in LINKS:
        found = (
            same_person_in(writing.connection, writing.crm, person, name) if _columns(table, name) else None
        )
        if found is not None:
            return {_columns(table, name)[0]: found.id}
    kind = person.table.name[:-1]
    raise lacks(
        f"column {kind}_id in table {table.name}", f"Add it, or use the step for others than a {kind}."
    )


def whose(writing: Writing, table: Table) -> dict[str, Any]:
    """The column that names the organization, where there is one."""
    column = table.find("organization")
    return {} if column is None else {column: writing.effect.organization}


def _columns(table: Table, people: str) -> list[str]:
    names = (LINKS[people], *_OTHER_NAMES.get(people, ()))
    return [name for name in names if name in table.columns]
