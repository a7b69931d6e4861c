"""Each item of the checklist can pass, can fail, and says what to do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg.conninfo import make_conninfo

from atlas_workflows.db.search_paths import finds_ours_first, require_safe_search_paths
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import DatabaseError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.preflight import role_items, server_items, source_items
from atlas_workflows.migration.preflight.checklist import ITEMS, go_through, unmet
from atlas_workflows.migration.preflight.item import Finding, ItemStatus, Look, failed, with_waivers
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.step import StepStatus
from atlas_workflows.migration.steps.preflight import run
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site

SHAPE_A = """
CREATE TABLE organizations (id uuid PRIMARY KEY, name text);
CREATE TABLE workflows (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, description text,
    status text, nodes jsonb, edges jsonb, variables jsonb, trigger_type text, trigger_config jsonb, settings jsonb,
    total_executions int, successful_executions int, failed_executions int, last_run_at timestamptz,
    created_at timestamptz, updated_at timestamptz, organization_id uuid);
INSERT INTO workflows (name) VALUES ('Welcome');
"""


def context_for(dsn: str, home: Path, **options: object) -> PhaseContext:
    settings = replace(load_settings({}), home=home, secret_keys=(Fernet.generate_key().decode(),))
    return PhaseContext(uuid4(), phase_named("p1"), Scope(), RunOptions(**options), Site(dsn, settings))  # type: ignore[arg-type]


@pytest.fixture
def crm(atlas_dsn: str) -> str:
    with psycopg.connect(atlas_dsn) as connection:
        connection.execute(SHAPE_A)
    return atlas_dsn


@pytest.fixture
def reader(crm: str) -> Iterator[str]:
    """A login that may look at nothing but the catalog."""
    with psycopg.connect(crm) as owner:
        owner.execute("CREATE ROLE onlooker LOGIN PASSWORD 'onlooker'")
    yield make_conninfo(crm, user="onlooker", password="onlooker")
    with psycopg.connect(crm) as owner:
        owner.execute("DROP OWNED BY onlooker")
        owner.execute("DROP ROLE onlooker")


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.item: finding for finding in findings}


def test_a_sound_database_passes_and_is_recorded(crm: str, tmp_path: Path) -> None:
    context = context_for(crm, tmp_path)
    with psycopg.connect(crm) as connection:
        connection.execute(
            "INSERT INTO atlas.phase_runs (id, phase) VALUES (%s, 'p1_database')", [context.run_id]
        )
    result = run(context)
    assert result.status is StepStatus.PASSED, result.problem
    with psycopg.connect(crm) as connection:
        rows = connection.execute("SELECT item FROM atlas.checklist_items ORDER BY item").fetchall()
    assert [row[0] for row in rows] == sorted(item.name for item in ITEMS)


def test_every_item_is_looked_at_even_after_one_failed(reader: str, tmp_path: Path) -> None:
    findings = go_through(context_for(reader, tmp_path))
    assert {finding.item for finding in findings} == {item.name for item in ITEMS}
    assert by_name(findings)["privileges"].status is ItemStatus.FAILED
    assert "GRANT SELECT" in (by_name(findings)["privileges"].remedy or "")


def test_policies_that_hide_rows_are_found(crm: str, reader: str, tmp_path: Path) -> None:
    with psycopg.connect(crm) as owner:
        owner.execute("ALTER TABLE workflows ENABLE ROW LEVEL SECURITY")
        owner.execute("GRANT SELECT ON workflows TO onlooker")
    finding = by_name(go_through(context_for(reader, tmp_path)))["row_security"]
    assert finding.status is ItemStatus.FAILED
    assert "workflows" in finding.detail


def test_what_cannot_be_read_is_said_once(crm: str, reader: str, tmp_path: Path) -> None:
    found = by_name(go_through(context_for(reader, tmp_path)))
    assert found["privileges"].status is ItemStatus.FAILED
    assert found["row_security"].status is ItemStatus.PASSED
    assert (found["source_suite"].status, found["source_suite"].detail) == (
        ItemStatus.SKIPPED,
        "not looked at; first: privileges",
    )
    with psycopg.connect(crm) as owner:
        owner.execute("GRANT SELECT ON workflows TO onlooker")
        owner.execute("ALTER TABLE workflows ENABLE ROW LEVEL SECURITY")
    assert "row_security" in by_name(go_through(context_for(reader, tmp_path)))["source_suite"].detail


def test_a_role_that_our_own_policies_would_stop_is_found(crm: str, reader: str, tmp_path: Path) -> None:
    finding = by_name(go_through(context_for(reader, tmp_path)))["migration_role"]
    assert finding.status is ItemStatus.FAILED
    assert "roles-script" in (finding.remedy or "")
    with psycopg.connect(crm) as owner:
        owner.execute("ALTER ROLE onlooker BYPASSRLS")
    finding = by_name(go_through(context_for(reader, tmp_path)))["migration_role"]
    assert finding.status is ItemStatus.PASSED


def test_without_trigger_rights_the_sweep_is_announced(crm: str, reader: str, tmp_path: Path) -> None:
    with psycopg.connect(crm) as owner:
        owner.execute("GRANT SELECT ON workflows TO onlooker")
    finding = by_name(go_through(context_for(reader, tmp_path)))["privileges"]
    assert finding.status is ItemStatus.PASSED
    assert "sweep" in finding.detail


def test_a_large_table_of_people_without_an_index_is_named_with_the_statement(
    crm: str, tmp_path: Path
) -> None:
    context = context_for(crm, tmp_path)
    with psycopg.connect(crm, autocommit=True) as owner:
        owner.execute("CREATE TABLE leads (id uuid PRIMARY KEY, organization_id uuid, email text)")
        owner.execute("INSERT INTO leads SELECT gen_random_uuid(), NULL, n FROM generate_series(1, 300) AS n")
        look = Look(context, owner)
        assert source_items.check_look_ups(look).status is ItemStatus.PASSED
        found = source_items.check_look_ups(look, many=20)
        assert found.status is ItemStatus.SKIPPED
        owner.execute(found.detail.rpartition("owner: ")[2].encode())
        assert source_items.check_look_ups(look, many=20).status is ItemStatus.PASSED


def test_an_unknown_shape_fails_with_what_was_seen(atlas_dsn: str, tmp_path: Path) -> None:
    result = run(context_for(atlas_dsn, tmp_path, dry_run=True))
    assert result.status is StepStatus.FAILED
    assert "shape" in (result.problem or "")


def test_a_long_transaction_fails_and_can_be_waived(crm: str, tmp_path: Path) -> None:
    context = context_for(crm, tmp_path)
    with psycopg.connect(crm, application_name="nightly export") as other, context.connect("test") as mine:
        other.execute("SELECT 1")
        refused = server_items.check_long_transactions(Look(context, mine), timedelta(0))
    item = next(item for item in ITEMS if item.name == refused.item)
    assert refused.status is ItemStatus.FAILED
    assert "nightly export" in refused.detail
    waived = with_waivers(refused, item, {"long_transactions": "it ends at noon"}, "dana")
    assert waived.status is ItemStatus.WAIVED
    assert (waived.waived_by, waived.waive_reason) == ("dana", "it ends at noon")
    assert unmet([waived]) == []


def test_what_would_only_fail_later_cannot_be_waived() -> None:
    item = next(item for item in ITEMS if item.name == "row_security")
    finding = failed("row_security", "hidden", "unhide")
    assert with_waivers(finding, item, {"row_security": "go on anyway"}, "dana") == finding


def test_a_missing_key_is_named(crm: str, tmp_path: Path) -> None:
    context = context_for(crm, tmp_path)
    bare = replace(context, site=replace(context.site, settings=replace(context.settings, secret_keys=())))
    assert by_name(go_through(bare))["secrets"].status is ItemStatus.FAILED
    broken = replace(
        context, site=replace(context.site, settings=replace(context.settings, secret_keys=("abc",)))
    )
    assert by_name(go_through(broken))["secrets"].status is ItemStatus.FAILED


def test_a_pooler_that_swaps_sessions_is_found(crm: str, tmp_path: Path) -> None:
    """A context whose every look gives another server session behaves as a transaction-mode pooler does."""

    class Swapping:
        def __init__(self, dsn: str) -> None:
            self.dsn = dsn

        def __enter__(self) -> "Swapping":
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def execute(
            self, query: str, parameters: list[str] | None = None
        ) -> "psycopg.Cursor[tuple[object, ...]]":
            return psycopg.connect(self.dsn, autocommit=True).execute(query.encode(), parameters)

        def cursor(self, **options: Any) -> "psycopg.Cursor[Any]":
            return psycopg.connect(self.dsn, autocommit=True).cursor(**options)

    class Pooled:
        def connect(self, _purpose: str, *, autocommit: bool = False) -> Swapping:
            return Swapping(crm)

    finding = server_items.check_pooler(Look(Pooled(), None))  # type: ignore[arg-type]
    assert finding.status is ItemStatus.FAILED
    assert "pooler" in finding.detail


@pytest.mark.parametrize(
    ("search_path", "role", "misled"),
    [
        ('"$user", public', "atlas", True),
        ('"$user", public', "crm_owner", False),
        ("$user,public", "atlas", True),
        ("public, atlas", "crm_owner", False),
        ("Atlas", "crm_owner", True),
        ('"Atlas", public', "crm_owner", False),
        ('"a,""b", atlas , public', "crm_owner", True),
        ("", "atlas", False),
    ],
)
def test_a_search_path_is_read_as_the_server_reads_it(search_path: str, role: str, misled: bool) -> None:
    assert finds_ours_first(search_path, role) is misled


def test_a_login_that_would_find_our_tables_first_is_named(crm: str, reader: str, tmp_path: Path) -> None:
    def looked() -> Finding:
        context = context_for(crm, tmp_path)
        with context.connect("test", autocommit=True) as mine:
            return role_items.check_search_path(Look(context, mine))

    assert looked().status is ItemStatus.PASSED
    with psycopg.connect(crm) as owner:
        owner.execute("ALTER ROLE onlooker SET search_path = atlas, public")
    # Who may not look into a schema does not find its tables.
    assert looked().status is ItemStatus.PASSED
    with psycopg.connect(crm) as owner:
        owner.execute("GRANT USAGE ON SCHEMA atlas TO onlooker")
    with psycopg.connect(reader) as onlooker:
        assert onlooker.execute("SELECT 'workflows'::regclass = 'atlas.workflows'::regclass").fetchone() == (
            True,
        )
    found = looked()
    assert found.status is ItemStatus.FAILED
    assert "onlooker" in found.detail
    assert 'ALTER ROLE "onlooker" SET search_path = public' in (found.remedy or "")
    with psycopg.connect(crm) as owner:
        owner.execute("ALTER ROLE onlooker SET search_path = public")
    assert looked().status is ItemStatus.PASSED


def test_the_schema_is_not_made_where_it_would_hide_the_old_tables(
    dsn: str, pg_server: EmbeddedServer, tmp_path: Path
) -> None:
    """A login named like our schema finds it first by the default path."""
    with psycopg.connect(dsn) as owner:
        owner.execute(SHAPE_A)
        owner.execute("CREATE ROLE atlas LOGIN SUPERUSER PASSWORD 'atlas'")
    try:
        address = make_conninfo(dsn, user="atlas", password="atlas")
        context = context_for(address, tmp_path)
        with pytest.raises(DatabaseError, match="atlas would find schema atlas before") as refused:
            run_phase(context.phase, site=Site(address, context.settings))
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT to_regnamespace('atlas')").fetchone() == (None,)
            connection.execute(refused.value.remedy.partition("run: ")[2].encode())
        with psycopg.connect(address) as connection:
            require_safe_search_paths(connection)
    finally:
        with psycopg.connect(pg_server.dsn(), autocommit=True) as owner:
            owner.execute("DROP ROLE atlas")
