"""The time zone in which an organization's times are meant."""

from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.tables import Crm
from atlas_workflows.time_zones import zone_names


def zone_of(connection: Connection, crm: Crm, organization: str) -> str:
    """What the organization's row says where that is a zone, else UTC."""
    table = crm.find("organizations")
    if table is None or not {"id", "timezone"} <= table.columns.keys():
        return "UTC"
    statement = sql("crm/zone_of_organization").format(table=table.identifier)
    found: Any = scalar(connection, statement, {"organization": organization})
    return found if found in zone_names() else "UTC"
