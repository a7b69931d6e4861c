"""Tasks, notes and activities about a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from atlas_workflows.integrations.crm.links import link_to, whose
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.refusal import lacks
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.integrations.crm.writing import Writing

NOTES = {"leads": "lead_notes", "clients": "client_notes", "contacts": "contact_notes"}


def create_task(
    writing: Writing,
    person: Person,
    task: Mapping[str, Any],
    assigned_to: str | None,
    due_at: datetime | str | None,
) -> str:
    """Add a task; answers its id. `task` has title, description and priority as the step gives them."""
    table = writing.crm.need("tasks")
    given = {"title": task["title"], "priority": task.get("priority"), "description": task.get("description")}
    wanted = given | {"assigned_to": assigned_to, "due_at": due_at}
    values = {table.need(word): value for word, value in wanted.items() if value is not None}
    return _add(writing, table, person, values)


def add_note(writing: Writing, person: Person, text: str) -> str:
    """Add a note; where the CRM has no table for notes it is written behind those in the person's own row."""
    table = writing.crm.find("notes", NOTES[person.table.name])
    if table is not None:
        return _add(writing, table, person, {table.need("text"): text})
    if person.table.columns.get("notes") in ("text", "character varying"):
        known = str(person.row.get("notes") or "").rstrip()
        writing.update(person.table, person.row, {"notes": f"{known}\n\n{text}".lstrip()})
        return person.id
    name = person.table.name
    raise lacks(
        f"table notes or {NOTES[name]}, nor a column notes in {name}",
        "Create one of them, or use a task instead.",
    )


def log_activity(writing: Writing, person: Person, kind: str, description: str | None) -> str:
    """Write an entry into the person's history."""
    table = writing.crm.need("lead_activities", "activities")
    values: dict[str, Any] = {table.need("activity_type"): kind}
    if description:
        column = table.find("description")
        if column is None:
            column = table.need("metadata" if "metadata" in table.columns else "description")
        is_json = table.columns[column].startswith("json")
        values[column] = {"description": description} if is_json else description
    return _add(writing, table, person, values)


def _add(writing: Writing, table: Table, person: Person, values: Mapping[str, Any]) -> str:
    row = writing.insert(table, {**whose(writing, table), **link_to(writing, table, person), **values})
    if row is None:
        raise lacks(
            f"room in table {table.name} for one more row like this", "A unique key stands in the way."
        )
    return str(row.get("id"))
