"""The phase on messy samples: nothing lost, nothing twice, killed and continued, rolled back and applied again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from plain_source import KEY, settings_at

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.conclude import Conclusion, conclude
from atlas_workflows.migration.context import RunOptions, Scope
from atlas_workflows.migration.phase import Phase, StepUse, phase_named
from atlas_workflows.migration.run import run_phase

OPTIONS = RunOptions(throttle=False, backup=False, rehearse=False)
# Preflight, validation and reconciliation have tests of their own.
MOVES_ONLY = ("expand", "backfill", "approve", "finish")
CONTROL = ("phase_runs", "phase_run_steps", "backfill_cursors", "audit_log")


def moving_phase() -> Phase:
    phase = phase_named("p1")
    return Phase(
        phase.name, phase.alias, phase.dag_id, phase.title, tuple(StepUse(kind) for kind in MOVES_ONLY)
    )


def migrate(dsn: str, home: Path, *, scope: Scope | None = None, options: RunOptions = OPTIONS) -> Conclusion:
    phase = moving_phase()
    settings = settings_at(home)
    result = run_phase(phase, dsn=dsn, settings=settings, scope=scope or Scope(), options=options)
    return conclude(result, phase, scope or Scope(), options, dsn=dsn, settings=settings)


def fetch(dsn: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True, options="-c search_path=public") as connection:
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


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
    assert conclusion.exit_code == 3
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
    assert fetch(sample, "SELECT reasons FROM atlas.migration_ledger WHERE reasons::text ~ 'LOAD_REFUSED|TRANSLATION_FAILED'") == []


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
    for secret in ("whsec_", "sk_live_", "@gmail.com"):
        assert secret not in page


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
    migrate(two, tmp_path, options=RunOptions(throttle=False, backup=False, rehearse=False, workers=2, batch_rows=50))
    assert differences(atlas_state(one, times=False), atlas_state(two, times=False)) == {}


