"""What is read of the old application's people, whatever shape their tables have."""

from datetime import timedelta
from typing import Any

import pytest
from world import NOON, ONE, TWO, PostgresWorld

from atlas_workflows.db.rows import rows
from atlas_workflows.store.consents import Consent, record_consent
from atlas_workflows.store.sending import people_of, said_of, whereabouts_of
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.sending.facts import Said, Whereabouts

PERSON = "c0000000-0000-4000-8000-000000000001"


def where(world: PostgresWorld, subject: str = PERSON) -> Whereabouts:
    return whereabouts_of(world.connection, people_of(world.connection, [(0, ONE, subject)]))[0]


def said(world: PostgresWorld, subject: str = PERSON) -> list[Said]:
    return said_of(world.connection, people_of(world.connection, [(0, ONE, subject)]))[0]


@pytest.mark.parametrize(
    ("ddl", "found"),
    [
        ("", Whereabouts()),
        (
            ("CREATE TABLE public.organizations (id uuid, timezone text);"
            f"INSERT INTO public.organizations VALUES ('{ONE}', 'Europe/Rome'), ('{TWO}', 'Europe/Paris')"),
            Whereabouts(organization=("Europe/Rome",)),
        ),
        (
            ("CREATE TABLE public.locations (id int, organization_id uuid, timezone text);"
            f"INSERT INTO public.locations VALUES (1, '{ONE}', 'Europe/Rome'), (2, '{ONE}', 'Europe/Paris'), (3, '{TWO}', 'UTC');"
            "CREATE TABLE public.contacts (id uuid, location_id int, phone_number text, time_zone text);"
            f"INSERT INTO public.contacts VALUES ('{PERSON}', 2, '+39 06 1', ' Europe/Vaduz ')"),
            Whereabouts(("Europe/Vaduz",), ("Europe/Paris",), ("Europe/Paris", "Europe/Rome"), (), ("+39 06 1",)),
        ),
        (
            ("CREATE TABLE public.leads (id uuid, org_id text, metadata jsonb, phone text);"
            f"INSERT INTO public.leads VALUES ('{PERSON}', '{ONE}', '{{\"timezone\": \"Europe/Rome\"}}', '')"),
            Whereabouts(own=("Europe/Rome",)),
        ),
        (
            ("CREATE TABLE public.leads (id uuid, org_id text, timezone text);"
            f"INSERT INTO public.leads VALUES ('{PERSON}', '{TWO}', 'Europe/Rome')"),
            Whereabouts(),
        ),
    ],
)  # fmt: skip
def test_zones_are_found_in_every_shape(postgres: PostgresWorld, ddl: str, found: Whereabouts) -> None:
    if ddl:
        postgres.connection.execute(ddl)
    assert where(postgres) == found


@pytest.mark.parametrize(
    ("ddl", "found"),
    [
        (
            (
                "CREATE TABLE public.contacts (id bigint, email_consent text, unsubscribed_at text);"
                "INSERT INTO public.contacts VALUES (7, 'No', 'some day')"
            ),
            [Said("email", False, "contacts.email_consent"), Said("all", False, "contacts.unsubscribed_at")],
        ),
        (
            (
                "CREATE TABLE public.contacts (id bigint, email_opted_in boolean, unsubscribed_at text);"
                "INSERT INTO public.contacts VALUES (7, NULL, ' '), (8, false, 'x')"
            ),
            [],
        ),
        ("CREATE TABLE public.contacts (email_opt_in boolean)", []),
        (
            (
                "CREATE TABLE public.clients (id int, whatsapp_opt_in boolean, lead_id int);"
                "CREATE TABLE public.leads (id int, sms_opt_in boolean);"
                "INSERT INTO public.leads VALUES (3, false); INSERT INTO public.clients VALUES (7, true, 3)"
            ),
            [Said("sms", False, "leads.sms_opt_in"), Said("whatsapp", True, "clients.whatsapp_opt_in")],
        ),
    ],
)
def test_opt_ins_are_found_in_every_shape(postgres: PostgresWorld, ddl: str, found: list[Said]) -> None:
    postgres.connection.execute(ddl)
    key = repr(sorted(map(repr, found)))
    assert repr(sorted(map(repr, said(postgres, "7")))) == key


def test_the_column_as_it_is_now_counts_and_not_what_was_read_once(postgres: PostgresWorld) -> None:
    postgres.connection.execute(
        "CREATE TABLE public.contacts (id uuid, email_opt_in boolean, unsubscribed_at timestamptz);"
        f"INSERT INTO public.contacts VALUES ('{PERSON}', false, now())"
    )
    postgres.connection.execute("SELECT atlas.record_legacy_consents('contacts')")
    postgres.connection.execute("UPDATE public.contacts SET email_opt_in = true, unsubscribed_at = NULL")
    assert said(postgres) == [Said("email", True, "contacts.email_opt_in")]
    postgres.connection.execute("SELECT atlas.record_legacy_consents('contacts')")
    postgres.connection.execute("DROP TABLE public.contacts")
    assert said(postgres) == [Said("email", True, "contacts.email_opt_in")], "the ledger remembers"


@pytest.mark.parametrize(
    ("columns", "heard"),
    [
        ("lead_id uuid, type text, direction text, created_at timestamptz", True),
        ("contact_id text, channel text, direction text, created_at timestamp", True),
        ("lead_id uuid, type text, direction text, created_at text", False),
        ("lead_id uuid, type text, created_at timestamptz", False),
        ("recipient text, type text, direction text, created_at timestamptz", False),
    ],
)
def test_their_last_whatsapp_message_is_found_in_every_shape(
    postgres: PostgresWorld, columns: str, heard: bool
) -> None:
    link, medium = columns.split()[0], columns.split(", ")[1].split()[0]
    postgres.connection.execute(f"CREATE TABLE public.messages ({columns})")
    direction = ", direction" if "direction" in columns else ""
    for kind, way, hours in (("whatsapp", "inbound", 5), ("WhatsApp", "inbound", 3), ("whatsapp", "outbound", 1), ("sms", "inbound", 1)):  # fmt: skip
        given: list[Any] = [PERSON, kind, *([way] if direction else []), NOON - timedelta(hours=hours)]
        postgres.connection.execute(
            f"INSERT INTO public.messages ({link}, {medium}{direction}, created_at) VALUES ({', '.join(['%s'] * len(given))})",
            given,
        )
    table = "contacts" if link == "contact_id" else "leads"
    people = json_text([{"place": 0, "organization_id": ONE, "subject_table": table, "subject_id": PERSON}])
    question = "SELECT place, heard_at FROM atlas.heard_from(%s, %s)"
    found = rows(postgres.connection, dict, question, [people, NOON - timedelta(days=1)])
    expected = [{"place": 0, "heard_at": NOON - timedelta(hours=3)}] if heard else []
    assert found == expected


def test_a_wrong_link_leads_to_nobody_of_another_organization(postgres: PostgresWorld) -> None:
    postgres.connection.execute(
        "CREATE TABLE public.leads (id int PRIMARY KEY, organization_id uuid, email_opt_in boolean);"
        "CREATE TABLE public.contacts (id int PRIMARY KEY, organization_id uuid, lead_id int, email_opt_in boolean);"
        f"INSERT INTO public.leads VALUES (3, '{TWO}', false), (4, '{ONE}', true);"
        f"INSERT INTO public.contacts VALUES (7, '{ONE}', 3, true), (8, '{ONE}', 4, true)"
    )
    assert said(postgres, "7") == [Said("email", True, "contacts.email_opt_in")]
    bases = ["contacts.email_opt_in", "leads.email_opt_in"]
    assert sorted(item.basis for item in said(postgres, "8")) == bases
    assert (
        record_consent(postgres.connection, Consent(ONE, "7", "email", False), by="ada", reason="asked") == 1
    )
    found = postgres.rows("SELECT email_opt_in FROM public.leads ORDER BY id")
    assert found == [(False,), (True,)]
