"""What the CRM says of an organization: how messages call it, and whether it is active at all."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.tables import Crm

ABOUT = ("name", "slug", "email", "phone", "website", "address", "timezone", "currency_code")
# Whatever else a CRM writes there, such as trial or past_due, leaves an organization active.
STOPPED = frozenset(
    {"suspended", "inactive", "disabled", "deactivated", "cancelled", "canceled", "archived", "deleted", "closed", "blocked"}
)  # fmt: skip


def about_organization(connection: Connection, crm: Crm, organization: str) -> dict[str, Any]:
    """What templates know as `organization` besides its id; nothing where the CRM has no such row."""
    row = _row(connection, crm, organization)
    return {name: row[name] for name in ABOUT if row.get(name) is not None}


def stopped_because(connection: Connection, crm: Crm, organization: str) -> str | None:
    """Why nothing may start for an organization, as its row says; one without a row is active."""
    row = _row(connection, crm, organization)
    status = str(row.get("status") or "").strip().lower()
    if status in STOPPED:
        return f"The organization is {status}."
    return "The organization is not active." if row.get("is_active") is False else None


def _row(connection: Connection, crm: Crm, organization: str) -> Mapping[str, Any]:
    table = crm.find("organizations")
    if table is None or "id" not in table.columns:
        return {}
    statement = sql("events/organization").format(table=table.identifier)
    text = scalar(connection, statement, {"organization": organization})
    return {} if text is None else exact_json.loads(text)
