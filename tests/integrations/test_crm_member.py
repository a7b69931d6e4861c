"""Whom another system means by an address or a number: within one organization, by an index where there is one."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.integrations.crm.member import find_member, unindexed
from atlas_workflows.integrations.crm.tables import read_crm
from crm_world import ANA, EVE, ONE, TWO, build_crm

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["l1", "l2", "l3"])
def crm(request: pytest.FixtureRequest, atlas_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Each variant of the old application's tables."""
    build_crm(atlas_dsn, request.param).close()
    with connect(atlas_dsn, application_name="test", autocommit=True) as found:
        yield found


def test_one_person_is_found_in_her_organization_only(crm: psycopg.Connection[Any]) -> None:
    tables = read_crm(crm)
    assert find_member(crm, tables, ONE, "email", " ANA@example.com") == f"lead:{ANA}"
    assert find_member(crm, tables, TWO, "email", "ana@example.com") is None
    assert find_member(crm, tables, TWO, "email", "eve@example.com") == f"lead:{EVE}"
    assert find_member(crm, tables, ONE, "phone", "0044 7700-900001") == f"lead:{ANA}"
    assert find_member(crm, tables, ONE, "phone", "+44 7700 90000") is None
    named = crm.execute(
        "INSERT INTO contacts (lead_id, phone, email) VALUES (%s, '(0044) 7700-900 777', 'c@example.com') RETURNING id", [ANA]
    ).fetchone()  # fmt: skip
    assert named
    for by, value in (("phone", "+447700900777"), ("email", "C@example.com")):
        found = find_member(crm, tables, ONE, by, value)  # type: ignore[arg-type]
        assert found == f"contact:{named[0]}", "it says no organization itself, its lead does"
        assert find_member(crm, tables, TWO, by, value) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("crm", ["l3"], indirect=True)
def test_what_lacks_an_index_is_named_until_it_is_made(crm: psycopg.Connection[Any]) -> None:
    tables = read_crm(crm)
    many = "SELECT %s, 'p' || n || '@example.com' FROM generate_series(1, 400) AS n"
    crm.execute(f"INSERT INTO leads (organization_id, email) {many}".encode(), [TWO])
    crm.execute("ANALYZE leads")
    assert list(unindexed(crm, tables)) == [], "so few are read in no time"
    slow = list(unindexed(crm, tables, many=100))
    assert [(each.table, each.by) for each in slow] == [("leads", "email"), ("leads", "phone")]
    for each in slow:
        crm.execute(each.index.encode())
    assert list(unindexed(crm, tables, many=100)) == []
    assert find_member(crm, tables, TWO, "email", "P7@example.com")
    assert find_member(crm, tables, TWO, "phone", "0099 999999") is None
    crm.execute("SELECT pg_stat_force_next_flush()")
    asked = crm.execute(
        "SELECT indexrelname FROM pg_stat_user_indexes WHERE relname = 'leads' AND idx_scan > 0 ORDER BY 1"
    ).fetchall()
    assert asked == [("leads_organization_id_lower_idx",), ("leads_organization_id_ltrim_idx",)]


@pytest.mark.parametrize("crm", ["l3"], indirect=True)
def test_an_index_that_does_not_serve_spares_no_word_and_what_nobody_counted_is_large(
    crm: psycopg.Connection[Any],
) -> None:
    crm.execute(
        "INSERT INTO leads (organization_id, email) SELECT %s, n || repeat('x', 99) FROM generate_series(1, 400) AS n", [TWO]
    )  # fmt: skip
    told = [f"lower(btrim(email::text)){rest}" for rest in ("", ") INCLUDE (id", ") WHERE (id IS NOT NULL")]
    for index in (
        f"(id, {told[0]})",
        f"USING hash ({told[0]})",
        f"({told[2]})",
        f"(organization_id, id, {told[0]})",
    ):
        using = index if index.startswith("USING") else f"USING btree {index}"
        crm.execute(f"CREATE INDEX ON leads {using}".encode())
    slow = list(unindexed(crm, read_crm(crm), many=50))
    assert [(each.table, each.by) for each in slow] == [("leads", "email"), ("leads", "phone")], (
        "never analyzed"
    )
    crm.execute(f"CREATE INDEX ON leads ({told[1]})".encode())
    assert [each.by for each in unindexed(crm, read_crm(crm), many=50)] == ["phone"]


@pytest.mark.parametrize("crm", ["l3"], indirect=True)
@pytest.mark.parametrize("kind", ["character(36)", "character varying(20)", "text"])
def test_an_organization_is_compared_whole_whatever_the_type_of_its_column(
    crm: psycopg.Connection[Any], kind: str
) -> None:
    for table in ("contacts", "clients", "leads"):
        crm.execute(f"DROP TABLE {table} CASCADE".encode())
    crm.execute(
        f"CREATE TABLE public.leads (id int, organization_id {kind}, email text) PARTITION BY RANGE (id);"
        "CREATE TABLE public.all_leads PARTITION OF public.leads DEFAULT".encode()
    )
    crm.execute(
        f"INSERT INTO leads SELECT n, cast(%s AS {kind}), n || repeat('x', 99) FROM generate_series(1, 400) AS n".encode(), [ONE]
    )  # fmt: skip
    tables = read_crm(crm)
    wanted = None if kind == "character varying(20)" else "lead:7"
    assert find_member(crm, tables, ONE, "email", "7" + "X" * 99) == wanted
    assert find_member(crm, tables, TWO, "email", "7" + "X" * 99) is None
    (slow,) = unindexed(crm, tables, many=50)
    crm.execute(slow.index.encode())
    assert list(unindexed(crm, tables, many=50)) == []
    crm.execute("ANALYZE leads")
    find_member(crm, tables, ONE, "email", "nobody")
    crm.execute("SELECT pg_stat_force_next_flush()")
    asked = crm.execute(
        "SELECT sum(idx_scan) > 0 FROM pg_stat_user_indexes WHERE relname = 'all_leads'"
    ).fetchone()
    assert asked == (True,)
