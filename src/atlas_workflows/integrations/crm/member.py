"""Finds whom another system means by an e-mail address, a phone number or an id of its own."""

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.statements import of_organization
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.integrations.crm.told import By, wanted

_TOLD = {
    "email": "lower(btrim({}::text))",
    "phone": "ltrim(regexp_replace({}::text, '[^0-9]', '', 'g'), '0')",
    "external_id": "{}::text",
}


def find_member(connection: Connection, crm: Crm, organization: str, by: By, value: str) -> str | None:
    """The subject (`lead:<id>` …) of the one person told so; leads are looked at first. None where it is nobody, or several."""
    told = wanted(by, value)
    if told is None:
        return None
    for table in crm.people():
        found = _in(connection, crm, table, organization, by, told)
        if found:
            return f"{table.name[:-1]}:{found[0]}" if len(found) == 1 else None
    return None


def _in(connection: Connection, crm: Crm, table: Table, organization: str, by: By, value: str) -> list[str]:
    column = table.find(by)
    if column is None:
        return []
    statement = sql("crm/member_by").format(
        table=table.identifier,
        organization=of_organization(crm, table, "found"),
        told=compose.SQL(_TOLD[by]).format(compose.Identifier("found", column)),
    )
    return [
        row.id for row in named_rows(connection, statement, {"organization": organization, "value": value})
    ]
