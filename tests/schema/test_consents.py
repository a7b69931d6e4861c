"""The consent ledger's feed: whatever columns the legacy side has, read once, again only where it changed."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from atlas_workflows.db.server import EmbeddedServer

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
CONTACTS = """
CREATE TABLE public.leads (id uuid PRIMARY KEY, organization_id uuid, name text);
CREATE TABLE public.contacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), phone varchar, lead_id uuid,
    email_opt_in boolean DEFAULT true, sms_opt_in boolean DEFAULT true, unsubscribed_at timestamptz
);
INSERT INTO public.leads VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '11111111-1111-4111-8111-111111111111', 'Ana');
INSERT INTO public.contacts (id, phone, lead_id, email_opt_in, sms_opt_in, unsubscribed_at) VALUES
    ('c0000000-0000-4000-8000-000000000001', '1', 'aaaaaaaa-0000-4000-8000-000000000001', true, false, NULL),
    ('c0000000-0000-4000-8000-000000000002', '2', NULL, true, NULL, '2025-05-01T10:00:00.000001Z');
"""
ONE_CONTACT = "c0000000-0000-4000-8000-000000000001"
OTHER_CONTACT = "c0000000-0000-4000-8000-000000000002"


@pytest.fixture
def legacy(admin: psycopg.Connection) -> psycopg.Connection:
    admin.execute(CONTACTS)
    return admin


def record(connection: psycopg.Connection, table: str = "contacts") -> int:
    row = connection.execute("SELECT atlas.record_legacy_consents(%s)", [table]).fetchone()
    assert row
    return int(row[0])


def states(connection: psycopg.Connection) -> dict[tuple[str, str], bool]:
    rows = connection.execute(
        "SELECT subject_id, channel, may_be_contacted FROM atlas.consent_states"
    ).fetchall()
    return {(subject, channel): allowed for subject, channel, allowed in rows}


def test_opt_ins_and_unsubscriptions_are_recorded_once(legacy: psycopg.Connection) -> None:
    assert record(legacy) == 4
    assert record(legacy) == 0
    entries = legacy.execute(
        "SELECT subject_id, channel, state, basis, organization_id::text FROM atlas.consents ORDER BY 1, 2"
    ).fetchall()
    assert entries == [
        (ONE_CONTACT, "email", "granted", "contacts.email_opt_in", ONE),
        (ONE_CONTACT, "sms", "withdrawn", "contacts.sms_opt_in", ONE),
        (OTHER_CONTACT, "all", "withdrawn", "contacts.unsubscribed_at", None),
        (OTHER_CONTACT, "email", "granted", "contacts.email_opt_in", None),
    ]
    at = legacy.execute("SELECT effective_at::text FROM atlas.consents WHERE channel = 'all'").fetchone()
    assert at is not None
    assert at[0].startswith("2025-05-01 10:00:00.000001")


def test_one_withdrawal_is_enough_to_stop(legacy: psycopg.Connection) -> None:
    record(legacy)
    assert states(legacy) == {
        (ONE_CONTACT, "email"): True,
        (ONE_CONTACT, "sms"): False,
        (OTHER_CONTACT, "email"): False,
        (OTHER_CONTACT, "sms"): False,
        (OTHER_CONTACT, "whatsapp"): False,
    }


def test_a_change_there_and_back_makes_an_entry_each_time(legacy: psycopg.Connection) -> None:
    record(legacy)
    for value, email in (("false", False), ("true", True)):
        legacy.execute(f"UPDATE public.contacts SET email_opt_in = {value} WHERE id = %s", [ONE_CONTACT])
        assert record(legacy) == 1
        assert states(legacy)[(ONE_CONTACT, "email")] is email
    legacy.execute("UPDATE public.contacts SET unsubscribed_at = NULL")
    assert record(legacy) == 1
    assert states(legacy)[(OTHER_CONTACT, "email")] is True
    legacy.execute("UPDATE public.contacts SET unsubscribed_at = now() WHERE id = %s", [ONE_CONTACT])
    assert record(legacy) == 1
    assert states(legacy)[(ONE_CONTACT, "email")] is False


@pytest.mark.parametrize(
    ("ddl", "added"),
    [
        ("", 0),
        ("CREATE TABLE public.contacts (id uuid, name text)", 0),
        ("CREATE TABLE public.contacts (email_opt_in boolean)", 0),
        (
            f"CREATE TABLE public.contacts (id text, org_id text, whatsapp_opt_in text); INSERT INTO public.contacts VALUES ('1', '{TWO}', 'Yes'), ('2', 'no uuid', 'no'), ('3', NULL, NULL)",
            2,
        ),
    ],
)
def test_other_shapes_of_the_table(admin: psycopg.Connection, ddl: str, added: int) -> None:
    if ddl:
        admin.execute(ddl)
    assert record(admin) == added
    rows: list[Any] = admin.execute(
        "SELECT organization_id::text, state FROM atlas.consents ORDER BY subject_id"
    ).fetchall()
    assert rows == [(TWO, "granted"), (None, "withdrawn")][:added]


def test_the_name_of_a_table_is_data(admin: psycopg.Connection) -> None:
    assert record(admin, "contacts; DROP SCHEMA atlas CASCADE; --") == 0


def test_leads_may_speak_too(admin: psycopg.Connection) -> None:
    admin.execute("CREATE TABLE public.leads (id uuid, organization_id uuid, unsubscribed_at timestamptz)")
    admin.execute("INSERT INTO public.leads VALUES (gen_random_uuid(), %s, '2025-01-01')", [ONE])
    assert record(admin, "leads") == 1
    assert admin.execute("SELECT organization_id::text, subject_table FROM atlas.consents").fetchone() == (
        ONE,
        "leads",
    )


def test_a_session_in_another_zone_reads_the_same_evidence(legacy: psycopg.Connection) -> None:
    record(legacy)
    legacy.execute("SET TimeZone = 'America/New_York'")
    legacy.execute("SET DateStyle = 'SQL, DMY'")
    assert record(legacy) == 0


def test_the_legacy_tables_are_only_read(legacy: psycopg.Connection) -> None:
    before = legacy.execute("SELECT xmin::text, * FROM public.contacts ORDER BY id").fetchall()
    record(legacy)
    assert legacy.execute("SELECT xmin::text, * FROM public.contacts ORDER BY id").fetchall() == before


def test_people_that_a_policy_would_hide_raise_instead(
    any_server: EmbeddedServer, make_login: Callable[..., str], legacy: psycopg.Connection, schema_dsn: str
) -> None:
    login = make_login()
    legacy.execute("ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY")
    legacy.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}")
    legacy.execute(f"GRANT USAGE ON SCHEMA atlas TO {login}")
    legacy.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atlas TO {login}")
    dsn = any_server.dsn(schema_dsn.rpartition("/")[2], user=login, password="owner-secret")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET row_security = on")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            record(connection)
    legacy.execute("SET row_security = on")
    record(legacy)
    assert legacy.execute("SHOW row_security").fetchone() == ("on",)
