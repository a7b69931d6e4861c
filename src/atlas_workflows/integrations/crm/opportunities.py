"""Opportunities of a person: opened, changed, moved to a stage."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql as compose

from atlas_workflows import exact_json
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.links import WHOSE, link_to, whose
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.references import referred
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.statements import of_organization
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.integrations.crm.writing import Writing
from atlas_workflows.names import normal

_FIXED = WHOSE | {"created_at", "updated_at"}
_WORDS = {"name": "title", "amount": "value", "estimated_value": "value", "stage_id": "stage"}


def create_opportunity(writing: Writing, person: Person, given: Mapping[str, Any]) -> str:
    """Open one; answers its id. `given` has name, value, stage and pipeline as the step gives them."""
    table = writing.crm.need("opportunities")
    words = {"title": given["name"], **{word: given.get(word) for word in ("value", "stage", "pipeline")}}
    values = {
        (column := table.need(word)): referred(writing, column, value)
        for word, value in words.items()
        if value is not None
    }
    row = writing.insert(table, {**whose(writing, table), **link_to(writing, table, person), **values})
    if row is None:
        raise CrmRefused(
            "rejected", "The CRM has such an opportunity already.", "A unique key stands in the way."
        )
    return str(row["id"])


def update_opportunity(writing: Writing, person: Person, key: str | None, fields: Mapping[str, Any]) -> str:
    """Change one of the organization's, the person's latest open one where none is named; answers its id."""
    table = writing.crm.need("opportunities")
    row = _latest(writing, table, person) if key is None else writing.row(table, key)
    if row is None:
        raise CrmRefused("data", "There is no such opportunity.", "Open one before, or name another one.")
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if normal(name) in _FIXED:
            raise CrmRefused(
                "configuration", f"A workflow may not change {name[:80]}.", "Take it out of the step."
            )
        column = table.find(normal(name)) or table.need(_WORDS.get(normal(name), normal(name)))
        values[column] = referred(writing, column, value)
    writing.update(table, row, values)
    return str(row["id"])


def _latest(writing: Writing, table: Table, person: Person) -> Mapping[str, Any] | None:
    ((link, key),) = [item for item in link_to(writing, table, person).items() if item[0] != "related_type"]
    statement = sql("crm/latest_open").format(
        table=table.identifier,
        link=compose.Identifier("found", link),
        kind=compose.SQL(table.columns[link]),
        organization=of_organization(writing.crm, table, "found"),
    )
    found = scalar(writing.connection, statement, {"key": key, "organization": writing.effect.organization})
    return None if found is None else exact_json.loads(found)
