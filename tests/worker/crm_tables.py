"""The CRM's tables in a database of the tests, made by the sample's own statements, and writes as the old application makes them."""

from typing import Any
from uuid import uuid4

import psycopg
from world import ONE

from atlas_workflows.db.sql_files import sql_text

OTHERS = """
CREATE TABLE public.organizations (id uuid PRIMARY KEY, name text, timezone text, settings jsonb);
CREATE TABLE public.bookings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, client_id uuid, class_id text, status text,
    start_time timestamptz, cancelled_at timestamptz
);
CREATE TABLE public.appointments (
    id serial PRIMARY KEY, org_id uuid, lead_id uuid, appointment_type text, status text, scheduled_at timestamptz
);
CREATE TABLE public.form_submissions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, form_id text, lead_id uuid, data jsonb
);
CREATE TABLE public.payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, client_id uuid, amount numeric, status text
);
CREATE TABLE public.memberships (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, client_id uuid, plan text, status text
);
CREATE TABLE public.opportunities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, lead_id uuid, stage text, value numeric
);
CREATE TABLE public.notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, lead_id uuid, content text
);
CREATE TABLE public.email_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, lead_id uuid, event_type text, url text
);
"""


def make_crm(connection: psycopg.Connection[Any], leads: str = "l3") -> None:
    """The tables as one variant has them."""
    for name in (f"leads_{leads}", "people", "messages_m1", "work"):
        connection.execute(sql_text(f"sample/crm/{name}"))  # type: ignore[arg-type]
    connection.execute(OTHERS)
    connection.execute("INSERT INTO organizations VALUES (%s, 'Harbour Gym', 'Europe/London', '{}')", [ONE])


def insert(connection: psycopg.Connection[Any], table: str, **values: Any) -> str:
    """A row, as the old application writes it: its own statement, and nothing of ours in it. Returns its id."""
    given = {"id": str(uuid4()), **values} if table != "appointments" else values
    columns, places = ", ".join(given), ", ".join(["%s"] * len(given))
    statement = f"INSERT INTO public.{table} ({columns}) VALUES ({places}) RETURNING id::text"
    row = connection.execute(statement, [*given.values()]).fetchone()  # type: ignore[arg-type]
    assert row
    return str(row[0])


def change(connection: psycopg.Connection[Any], table: str, key: str, **values: Any) -> None:
    sets = ", ".join(f"{name} = %s" for name in values)
    statement = f"UPDATE public.{table} SET {sets} WHERE id::text = %s"
    connection.execute(statement, [*values.values(), key])  # type: ignore[arg-type]
