"""The rehearsal restores the fresh backup, runs and rolls back the phase there, and leaves nothing behind."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from atlas_workflows.migration.backup.retention import list_backups
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import Site

SMALL = SampleSpec(Shape.A, Size(organizations=3, workflows=30, executions=120, people=5), seed=3)
DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'atlas\\_scratch\\_%'"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load_settings({}), home=tmp_path, secret_keys=(Fernet.generate_key().decode(),))


def test_a_whole_run_backs_up_rehearses_and_cleans_up(dsn: str, settings: Settings) -> None:
    create_sample(dsn, SMALL)
    result = run_phase(phase_named("p1"), site=Site(dsn, settings), options=RunOptions(throttle=False))
    assert result.status == "succeeded", result.problem
    rehearsal = result.steps["rehearse"].summary
    assert rehearsal["proof"]["passed"]
    assert set(rehearsal["minutes"]) == {"restore", "phase", "rollback"}
    assert rehearsal["rolled_back"]["removed"]["workflows"] == SMALL.size.workflows
    ((_path, manifest),) = list_backups(settings.home / "backups")
    assert manifest.verified
    assert manifest.verified["passed"]
    with psycopg.connect(dsn) as connection:
        assert connection.execute(DATABASES).fetchall() == []
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (
            SMALL.size.workflows,
        )


def test_a_rehearsal_that_fails_stops_the_run_before_a_row_is_written(
    dsn: str, settings: Settings, tmp_path: Path
) -> None:
    create_sample(dsn, SMALL)
    strict = replace(settings, root=_root_with_an_impossible_rule(tmp_path / "root"))
    result = run_phase(phase_named("p1"), site=Site(dsn, strict), options=RunOptions(throttle=False))
    assert result.status == "failed"
    assert result.exit_code != 0
    assert "rehearsal" in (result.problem or "")
    assert "nobody is called Nobody" in (result.problem or "")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (0,)
        assert connection.execute(DATABASES).fetchall() == []


def _root_with_an_impossible_rule(root: Path) -> Path:
    shutil.copytree(load_settings({}).expectations, root / "expectations")
    path = root / "expectations" / "p1_database_target.json"
    suite = json.loads(path.read_text())
    suite["batches"][0]["expectations"].append(
        {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "owner", "value_set": ["Nobody"]},
            "why": "nobody is called Nobody",
        }
    )
    path.write_text(json.dumps(suite))
    return root
