"""A CRM database in one of its variants with one person in two organizations; used by the tests here and of performers."""

from typing import Any
from uuid import uuid4

import psycopg

from atlas_workflows.db.sql_files import sql_text

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
ANA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
ANA_CLIENT = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
ANA_CONTACT = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
EVE = "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee"
COACH = "77777777-7777-4777-8777-777777777777"
OWNER = "88888888-8888-4888-8888-888888888888"
STRANGER = "99999999-9999-4999-8999-999999999999"
_LEADS = {
    "l1": "INSERT INTO leads (id, organization_id, name, email, phone, field_data)"
    " VALUES (%s, %s, %s || ' ' || %s, %s, '+447700900001', '{{\"goal\": \"10k\"}}')",
    "l2": "INSERT INTO leads (id, org_id, first_name, last_name, email, phone, tags, score, metadata)"
    " VALUES (%s, %s, %s, %s, %s, '+447700900001', '{{vip}}', 40, '{{\"goal\": \"10k\"}}')",
    "l3": "INSERT INTO leads (id, organization_id, first_name, last_name, email, phone_number, score)"
    " VALUES (%s, %s, %s, %s, %s, '+447700900001', 40)",
}  # fmt: skip


def build_crm(dsn: str, variant: str = "l2") -> psycopg.Connection[Any]:
    """The tables of a variant (l1, l2, l3) with Ana (lead, client and contact of ONE) and Eve (lead of TWO)."""
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute("CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid RETURN NULL::uuid")
    parts = [f"crm/leads_{variant}", "crm/people", "crm/work", "scoring/tables", "organizations/tables"]
    for name in [*parts, "organizations/user_organizations", "organizations/organization_staff"]:
        connection.execute(sql_text(f"sample/{name}").encode())
    for who, organization, names in ((ANA, ONE, ("Ana", "Maria Silva")), (EVE, TWO, ("Eve", "Stone"))):
        lead = _LEADS[variant].replace("{{", "{").replace("}}", "}")
        connection.execute(lead.encode(), [who, organization, *names, f"{names[0].lower()}@example.com"])
    connection.execute(
        "INSERT INTO clients (id, organization_id, lead_id, name, email, tags) VALUES (%s, %s, %s, 'Ana Silva', 'ana@example.com', '[\"member\"]')",
        [ANA_CLIENT, ONE, ANA],
    )
    connection.execute(
        "INSERT INTO contacts (id, lead_id, phone, email, first_name) VALUES (%s, %s, '+447700900001', 'ana@example.com', 'Ana')",
        [ANA_CONTACT, ANA],
    )
    for organization, tag in ((ONE, "vip"), (ONE, "shop"), (TWO, "vip")):
        connection.execute("INSERT INTO tags (organization_id, name) VALUES (%s, %s)", [organization, tag])
    add_staff(connection)
    return connection


def add_staff(connection: psycopg.Connection[Any]) -> None:
    """A coach and an owner in ONE, a stranger in TWO."""
    people = (
        (COACH, "coach", ONE, "staff"),
        (OWNER, "owner", ONE, "owner"),
        (STRANGER, "stranger", TWO, "owner"),
    )
    for user, name, organization, role in people:
        connection.execute(
            "INSERT INTO users (id, email, first_name, organization_id) VALUES (%s, %s, %s, %s)",
            [user, f"{name}@gym.example", name.title(), organization],
        )
        connection.execute(
            "INSERT INTO user_organizations (user_id, organization_id, role) VALUES (%s, %s, %s)",
            [user, organization, role],
        )


def hang_tag(connection: psycopg.Connection[Any], table: str, column: str, person: str, tag: str) -> None:
    """Hang a tag of ONE on a person through a table between."""
    found = connection.execute(
        "SELECT id FROM tags WHERE organization_id = %s AND name = %s", [ONE, tag]
    ).fetchone()
    assert found is not None
    row = {column: person, "tag_id": found[0]} | (
        {"organization_id": ONE, "id": uuid4()} if table == "lead_tags" else {}
    )
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})".encode(), list(row.values()))
