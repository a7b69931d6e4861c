"""Values that name another row: a stage, a pipeline, somebody of the team; never one of another organization."""

from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.staff import need_member
from atlas_workflows.integrations.crm.statements import of_organization
from atlas_workflows.integrations.crm.tables import ALIASES, Table
from atlas_workflows.integrations.crm.values import could_be
from atlas_workflows.integrations.crm.writing import Writing

_REFERENCES = {"stage_id": "pipeline_stages", "pipeline_id": "pipelines"}
_STAFF = frozenset({*ALIASES["staff"], *ALIASES["assigned_to"]})


def referred(writing: Writing, column: str, value: Any) -> Any:
    """The id of the stage, pipeline or person that a value names in such a column; any other value as it is.

    Raises CrmRefused for one that the organization does not have.
    """
    if column in _STAFF and value not in (None, ""):
        effect = writing.effect
        return need_member(writing.connection, writing.crm, effect.organization, str(value)).id
    table = writing.crm.find(_REFERENCES.get(column, ""))
    if table is None or value in (None, ""):
        return value
    found = _by_id(writing, table, str(value)) or _by_name(writing, table, str(value))
    if found is None:
        fact = f"The organization has no {column.removesuffix('_id')} {str(value)[:80]}."
        raise CrmRefused("data", fact, "Name another one.")
    return found


def _by_id(writing: Writing, table: Table, key: str) -> str | None:
    """The id itself, where the row is the organization's or nobody's own."""
    if not could_be(table.columns.get("id", "text"), key):
        return None
    statement = sql("crm/whose_row").format(
        table=table.identifier, organization=of_organization(writing.crm, table, "found")
    )
    found = scalar(writing.connection, statement, {"key": key})
    whose = None if found is None else exact_json.loads(found)
    is_ours = whose is not None and whose["organization"] in (None, writing.effect.organization)
    return key if is_ours else None


def _by_name(writing: Writing, table: Table, name: str) -> str | None:
    if "name" not in table.columns:
        return None
    statement = sql("crm/id_by_name").format(
        table=table.identifier, organization=of_organization(writing.crm, table, "found")
    )
    found: str | None = scalar(
        writing.connection, statement, {"name": name, "organization": writing.effect.organization}
    )
    return found
