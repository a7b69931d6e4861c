"""Changes fields of a person's row: own columns under any of their names, everything else among the custom fields."""

from collections.abc import Callable, Mapping
from typing import Any

from atlas_workflows.integrations.crm.links import WHOSE
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.references import referred
from atlas_workflows.integrations.crm.refusal import CrmRefused, lacks
from atlas_workflows.integrations.crm.tables import ALIASES, Table
from atlas_workflows.integrations.crm.tagging import add_tags
from atlas_workflows.integrations.crm.writing import Writing
from atlas_workflows.names import normal

FIXED = WHOSE | {"created_at", "updated_at"}
# What says who somebody is and where they stand: never put away among custom fields, where nobody looks for it.
OWN = frozenset(
    {"name", "first_name", "last_name", "email", "phone", "status", "stage", "score", "assigned_to", "tags"}
)
Merge = Callable[[Any, Any], Any]


def set_fields(
    writing: Writing, person: Person, fields: Mapping[str, Any], merge: Merge | None = None
) -> dict[str, Any]:
    """Set them; `merge(known, value)` says what a field becomes where that is not the value. Answers the fields with their new values."""
    row: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, given in fields.items():
        word = _word(name)
        value = given if merge is None else merge(_known(person, word), given)
        if word == "assigned_to" or person.table.find(word) is not None:
            value = referred(writing, person.table.find(word) or word, value)
        told[word] = value
        if word == "tags":
            told[word] = add_tags(writing, person, value if isinstance(value, list) else [value], only=True)
        elif word not in FIXED and (column := _columns(person.table, word, value)):
            row |= column
        else:
            custom[_custom_name(person.table, name, word)] = value
    _write(writing, person, row, custom)
    return told


def _word(name: str) -> str:
    """The word for a field, whatever spelling it has: firstName, phone_number, lead_score."""
    spelled = normal(name)
    return next((word for word in OWN if spelled in ALIASES.get(word, ())), spelled)


def _known(person: Person, word: str) -> Any:
    custom = person.value("custom")
    own = person.value(word)
    return custom.get(word) if own is None and isinstance(custom, dict) else own


def _columns(table: Table, word: str, value: Any) -> dict[str, Any]:
    column = table.find(word)
    if column is not None:
        return {column: value}
    if word == "name" and {"first_name", "last_name"} <= table.columns.keys():
        first, _, last = str(value or "").strip().partition(" ")
        return {"first_name": first, "last_name": last.strip() or None}
    return {}


def _custom_name(table: Table, name: str, word: str) -> str:
    if word in FIXED:
        raise CrmRefused(
            "configuration", f"A workflow may not change {name[:80]}.", "Take it out of the step."
        )
    if word in OWN or table.find("custom") is None:
        raise lacks(f"column {word[:80]} in table {table.name}", "Add it there, or change the step.")
    return name.removeprefix("custom_fields.").removeprefix("metadata.")


def _write(writing: Writing, person: Person, row: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
    values = dict(row)
    if custom:
        known = person.value("custom")
        values[person.table.need("custom")] = {**(known if isinstance(known, dict) else {}), **custom}
    if values:
        writing.update(person.table, person.row, values)
