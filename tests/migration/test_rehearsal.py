"""The rehearsal restores the fresh backup, runs and rolls back the phase there, and leaves nothing behind."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from atlas_workflows.migration.backup.retention import list_backups
from atlas_workflows.migration.context import RunOptions
from atlas_workflows.migration.phase import phase_named
from atlas_workflows.migration.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.settings import Settings, load_settings

SMALL = SampleSpec(Shape.A, Size(organizations=3, workflows=30, executions=120, people=5), seed=3)
DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'atlas\\_scratch\\_%'"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load_settings({}), home=tmp_path, secret_keys=(Fernet.generate_key().decode(),))


def test_a_whole_run_backs_up_rehearses_and_cleans_up(dsn: str, settings: Settings) -> None:
    create_sample(dsn, SMALL)
    result = run_phase(phase_named("p1"), dsn=dsn, settings=settings, options=RunOptions(throttle=False))
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
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (SMALL.size.workflows,)


def test_a_rehearsal_that_fails_changes_nothing_for_real(dsn: str, settings: Settings) -> None:
    create_sample(dsn, SMALL)
    with psycopg.connect(dsn) as connection:
        # Whoever restores this backup gets an error from every insert into the copy's workflows.
        connection.execute("CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS"
                           " $$ BEGIN RAISE EXCEPTION 'refused on purpose'; END $$")  # fmt: skip
    broken = replace(phase_named("p1"), requires=("p9_unknown",))
    with pytest.raises(Exception, match="p9_unknown"):
        run_phase(broken, dsn=dsn, settings=settings, options=RunOptions(throttle=False))
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM public.workflows").fetchone() == (SMALL.size.workflows,)
