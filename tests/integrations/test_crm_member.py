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
