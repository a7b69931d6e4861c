"""The phase on messy samples: nothing lost, nothing twice, killed and continued, rolled back and applied again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from moving_phase import fetch, migrate

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.request import RunOptions, Scope
from packed_rows import packed

CONTROL = ("phase_runs", "phase_run_steps", "backfill_cursors", "audit_log")


@pytest.fixture(params=["A", "B"])
def sample(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, request.param)
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def sample_a(pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, "A")
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def physical(dsn: str) -> list[tuple[Any, ...]]:
    tables = fetch(
        dsn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'atlas'::regnamespace AND relkind = 'r' ORDER BY 1",
    )
    return [
        row
        for (table,) in tables
        if table not in CONTROL
        for row in fetch(dsn, f"SELECT '{table}', ctid::text, xmin::text FROM atlas.{table} ORDER BY ctid")
    ]


def test_every_source_row_has_exactly_one_outcome(sample: str, tmp_path: Path) -> None:
    conclusion = migrate(sample, tmp_path)
    assert conclusion.status == "succeeded"
    assert conclusion.exit_code == (3 if conclusion.quarantined_rows else 0)
    tables = [row[0] for row in fetch(sample, "SELECT DISTINCT source_table FROM atlas.migration_ledger")]
    assert "workflows" in tables
    assert "workflow_executions" in tables
    for table in tables:
        [(rows,)] = fetch(sample, f"SELECT count(*) FROM public.{table}")
        [(entries, originals)] = fetch(
            sample,
            "SELECT count(*), (SELECT count(*) FROM atlas.originals WHERE source_table = %s)"
            " FROM atlas.migration_ledger WHERE source_table = %s",
            table, table,
        )  # fmt: skip
        assert (table, rows) == (table, entries) == (table, originals)
    assert (
        fetch(
            sample,
            "SELECT reasons FROM atlas.migration_ledger WHERE reasons::text ~ 'LOAD_REFUSED|TRANSLATION_FAILED'",
        )
        == []
    )


def test_the_report_has_every_workflow(sample_a: str, tmp_path: Path) -> None:
    conclusion = migrate(sample_a, tmp_path)
    report = loads((Path(conclusion.report) / "report.json").read_text())
    workflows = {row[0] for row in fetch(sample_a, "SELECT id::text FROM workflows")}
    assert {row["id"] for row in report["rows"]} == workflows
    assert sum(report["counts"].values()) == len(workflows)
    assert set(report["counts"]) == {"migrated", "migrated_with_warnings", "quarantined", "skipped"}
    assert all(row["outcome"] != "migrated" for row in report["other_rows"])
    page = (Path(conclusion.report) / "report.html").read_text()
    assert "What changes for customers" in page
    shown = packed(page)
    assert {row["id"] for row in shown if row["table"] == "workflows"} == workflows
    for secret in ("whsec_", "sk_live_", "@gmail.com"):
        assert secret not in page + str(shown)


def test_the_planner_knows_what_was_loaded(sample_a: str, tmp_path: Path) -> None:
    """It took the ledger for empty otherwise, and reconciliation compared every row with every other."""
    migrate(sample_a, tmp_path)
    for table in ("migration_ledger", "workflows", "workflow_executions"):
        [(believed, real)] = fetch(
            sample_a,
            f"SELECT reltuples::bigint, (SELECT count(*) FROM atlas.{table}) FROM pg_class"
            f" WHERE oid = 'atlas.{table}'::regclass",
        )
        assert believed == real > 0


def test_a_second_run_changes_nothing(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    before = physical(sample)
    assert len(before) > 1_000
    migrate(sample, tmp_path)
    assert physical(sample) == before


def test_a_dry_run_foretells_the_outcome_and_writes_nothing(sample_a: str, tmp_path: Path) -> None:
    before = physical(sample_a)
    foretold = migrate(sample_a, tmp_path, options=RunOptions(dry_run=True))
    assert physical(sample_a) == before
    assert fetch(sample_a, "SELECT count(*) FROM atlas.phase_runs") == [(0,)]
    happened = migrate(sample_a, tmp_path)
    assert (foretold.counts, foretold.quarantined_rows) == (happened.counts, happened.quarantined_rows)


def test_two_workers_reach_the_same_state_as_one(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    one, two = clone_sample(pg_server, "B"), clone_sample(pg_server, "B")
    migrate(one, tmp_path)
    migrate(
        two,
        tmp_path,
        options=RunOptions(throttle=False, backup=False, rehearse=False, workers=2, batch_rows=50),
    )
    assert differences(atlas_state(one, times=False), atlas_state(two, times=False)) == {}


def test_a_run_for_one_organization_touches_no_other(sample: str, tmp_path: Path) -> None:
    [(first,), (second,), *_] = fetch(
        sample, "SELECT organization_id::text FROM workflows WHERE organization_id IN (SELECT id FROM organizations)"
        " GROUP BY 1 ORDER BY count(*) DESC, 1",
    )  # fmt: skip
    migrate(sample, tmp_path, scope=Scope((first,)))
    for table in (
        "workflows",
        "workflow_executions",
        "workflow_execution_steps",
        "migration_ledger",
        "originals",
    ):
        assert fetch(sample, f"SELECT DISTINCT organization_id::text FROM atlas.{table}") == [(first,)]
    assert fetch(sample, "SELECT organization_id::text FROM atlas.organization_phases") == [(first,)]
    assert fetch(sample, "SELECT DISTINCT organization_id::text FROM atlas.consents") in ([], [(first,)])
    before = fetch(sample, "SELECT id, xmin::text FROM atlas.workflows ORDER BY id")
    migrate(sample, tmp_path, scope=Scope((second,)))
    after = fetch(
        sample, "SELECT id, xmin::text FROM atlas.workflows WHERE organization_id = %s ORDER BY id", first
    )
    assert after == before


def test_parts_add_up_to_the_whole(sample_a: str, pg_server: EmbeddedServer, tmp_path: Path) -> None:
    whole = clone_sample(pg_server, "A")
    organizations = [row[0] for row in fetch(sample_a, "SELECT id::text FROM organizations")]
    migrate(sample_a, tmp_path, scope=Scope(tuple(organizations[:4])))
    migrate(sample_a, tmp_path)
    migrate(whole, tmp_path)
    assert differences(atlas_state(whole, times=False), atlas_state(sample_a, times=False)) == {}


def test_a_new_zone_of_an_organization_is_taken_up(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    dsn = clone_sample(pg_server, "B")
    [(organization,)] = fetch(
        dsn,
        "SELECT organization_id::text FROM public.workflows AS w JOIN public.organizations AS o ON o.id = w.organization_id"
        " WHERE w.settings ->> 'timezone' = 'America/New_York' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    )
    migrate(dsn, tmp_path)
    zones = (
        "SELECT definition -> 'settings' ->> 'timezone', count(*) FROM atlas.workflows"
        " WHERE organization_id = %s GROUP BY 1"
    )
    before = dict(fetch(dsn, zones, organization))
    others = "SELECT id, xmin::text FROM atlas.workflows WHERE organization_id <> %s ORDER BY id"
    elsewhere = fetch(dsn, others, organization)
    fetch(dsn, "UPDATE public.organizations SET timezone = 'Asia/Tokyo' WHERE id::text = %s", organization)
    migrate(dsn, tmp_path)
    assert before["America/New_York"] > 0
    assert dict(fetch(dsn, zones, organization)).get("Asia/Tokyo") == before["America/New_York"]
    assert fetch(dsn, others, organization) == elsewhere
