"""Notifications inside the CRM, where it keeps any."""

from collections.abc import Sequence
from typing import Any

from atlas_workflows.integrations.crm.links import whose
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.integrations.crm.writing import Writing

TABLES = ("notifications", "user_notifications")


def notifications_of(crm: Crm) -> Table | None:
    """The table that shows a member of the team a message; one that says neither whose nor what it is does not count."""
    table = crm.find(*TABLES)
    is_one = table is not None and "user_id" in table.columns and table.find("message") is not None
    return table if is_one else None


def notify(writing: Writing, members: Sequence[str], title: str | None, message: str) -> int:
    """Add one for each member; answers how many. Raises CrmRefused where the CRM has no such table."""
    table = notifications_of(writing.crm) or writing.crm.need(*TABLES)
    values: dict[str, Any] = {table.need("message"): message}
    if title and "title" in table.columns:
        values["title"] = title
    elif title:
        values[table.need("message")] = f"{title}\n\n{message}".strip()
    if "type" in table.columns:
        values["type"] = "workflow"
    for member in members:
        writing.insert(table, {**whose(writing, table), table.need("user_id"): member, **values})
    return len(members)
