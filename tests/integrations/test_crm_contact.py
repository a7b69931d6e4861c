"""The contact as templates know it, out of every variant of the CRM's tables, and never one of another organization."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from crm_world import ANA, ANA_CLIENT, ANA_CONTACT, EVE, ONE, TWO, build_crm, hang_tag

from atlas_workflows.db.connect import connect
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.integrations.crm.tables import KnownCrm, read_crm

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["l1", "l2", "l3"])
def variant(dsn: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    connection = build_crm(dsn, request.param)
    yield request.param, connection
    connection.close()


@pytest.fixture
def crm(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    connection = build_crm(dsn)
    yield connection
    connection.close()


def test_a_lead_reads_the_same_in_every_variant(
    dsn: str, variant: tuple[str, psycopg.Connection[Any]]
) -> None:
    which, _ = variant
    with connect(dsn, application_name="test") as connection:
        found = read_contact(connection, ONE, ANA)
    assert found is not None
    expected = {
        "id": ANA, "record": "lead", "name": "Ana Maria Silva", "first_name": "Ana", "last_name": "Maria Silva",
        "email": "ana@example.com", "phone": "+447700900001", "status": "new", "organization_id": ONE,
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    assert found["tags"] == (["vip"] if which == "l2" else [])
    assert found.get("goal") == (None if which == "l3" else "10k")
    assert found.get("score") == (None if which == "l1" else 40)


def test_clients_and_contacts_are_subjects_too(crm: psycopg.Connection[Any]) -> None:
    hang_tag(crm, "contact_tags", "contact_id", ANA_CONTACT, "shop")
    client, contact = (read_contact(crm, ONE, name) for name in (ANA_CLIENT, f"contact:{ANA_CONTACT}"))
    assert client is not None
    assert contact is not None
    assert (client["record"], client["tags"], client["name"]) == ("client", ["member"], "Ana Silva")
    assert (contact["record"], contact["tags"], contact["organization_id"]) == ("contact", ["shop"], ONE)


def test_nobody_of_another_organization_is_found(crm: psycopg.Connection[Any]) -> None:
    for subject in (ANA, ANA_CLIENT, ANA_CONTACT, f"lead:{ANA}"):
        assert read_contact(crm, TWO, subject) is None
    assert read_contact(crm, ONE, EVE) is None
    assert read_contact(crm, TWO, EVE) is not None
    for odd in ("", "nobody", "client:" + ANA, "lead:", "5", ANA.replace("-", "")):
        assert read_contact(crm, ONE, odd) is None


def test_a_contact_without_an_organization_belongs_to_nobody(crm: psycopg.Connection[Any]) -> None:
    crm.execute("UPDATE contacts SET lead_id = NULL")
    assert read_contact(crm, ONE, ANA_CONTACT) is None
    crm.execute("UPDATE contacts SET organization_id = %s", [ONE])
    assert read_contact(crm, ONE, ANA_CONTACT) is not None


def test_tags_of_column_and_junction_are_joined_and_those_of_others_left_out(
    crm: psycopg.Connection[Any],
) -> None:
    for tag in ("vip", "shop"):
        hang_tag(crm, "lead_tags", "lead_id", ANA, tag)
    crm.execute(
        "INSERT INTO lead_tags (organization_id, lead_id, tag_id) SELECT %s, %s, id FROM tags WHERE organization_id = %s",
        [ONE, ANA, TWO],
    )
    found = read_contact(crm, ONE, ANA)
    assert found is not None
    assert found["tags"] == ["vip", "shop"]


def test_a_database_without_any_people_has_no_contacts(dsn: str) -> None:
    with connect(dsn, application_name="test") as connection:
        assert read_contact(connection, ONE, ANA) is None


def test_what_is_known_of_the_tables_is_looked_up_once_and_again_after_a_while(
    crm: psycopg.Connection[Any],
) -> None:
    moment = [0.0]
    known = KnownCrm(clock=lambda: moment[0])
    assert known.of(crm).find("bookings") is None
    crm.execute("CREATE TABLE bookings (id uuid)")
    assert known.of(crm).find("bookings") is None
    moment[0] = 301.0
    assert known.of(crm).find("bookings") is not None
    crm.execute("DROP TABLE bookings")
    known.forget()
    assert known.of(crm).find("bookings") is None
    assert known.of(crm) == read_crm(crm)
