"""A run from outside: refused twins, pauses, approvals, lost connections, unknown organizations, exit codes."""

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, migrate, moving_phase
from plain_source import KEY, settings_at
from typer.testing import CliRunner

from atlas_workflows.cli.migrate import app
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import (
    AtlasError,
    DatabaseError,
    InputError,
    PhasePaused,
    PhaseRefused,
    UnknownShape,
)
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.recorded import conclude_run, run_step
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.runs.controls import approve_run, pause_run, resume_run
from atlas_workflows.migration.runs.locks import phase_lock
from atlas_workflows.migration.runs.records import latest_runs
from atlas_workflows.migration.runs.run import run_phase, start_run
from atlas_workflows.migration.runs.standing import as_they_stand
from atlas_workflows.site import Progress, Site, utc_now


@pytest.fixture
def sample(pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, "A", messy=False)
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def latest(dsn: str) -> Any:
    return fetch(dsn, "SELECT id, status FROM atlas.phase_runs ORDER BY started_at DESC LIMIT 1")[0]


def test_a_tidy_sample_ends_with_zero(sample: str, tmp_path: Path) -> None:
    conclusion = migrate(sample, tmp_path)
    assert (conclusion.exit_code, conclusion.quarantined_rows) == (0, 0)
    assert latest(sample)[1] == "succeeded"


def test_a_second_driver_is_refused(sample: str, tmp_path: Path) -> None:
    with (
        connect(sample, application_name="other", autocommit=True) as connection,
        phase_lock(connection, "p1_database"),
        pytest.raises(PhaseRefused, match="Another process"),
    ):
        migrate(sample, tmp_path)
    assert migrate(sample, tmp_path).status == "succeeded"


@pytest.mark.parametrize(("workers", "batch_rows"), [(1, 10), (2, 1)])
def test_pause_and_resume(sample: str, tmp_path: Path, workers: int, batch_rows: int) -> None:
    def pause(_: Progress) -> None:
        with connect(sample, application_name="other", autocommit=True) as connection:
            run_id, status = latest(sample)
            if status == "running":
                pause_run(connection, run_id)

    with pytest.raises(PhasePaused):
        run_phase(
            moving_phase(), site=Site(sample, settings_at(tmp_path), pause),
            options=replace(OPTIONS, batch_rows=batch_rows, workers=workers),
        )  # fmt: skip
    with pytest.raises(PhasePaused, match="is paused"):
        migrate(sample, tmp_path)
    run_id, status = latest(sample)
    assert status == "paused"
    with connect(sample, application_name="other", autocommit=True) as connection:
        resume_run(connection, run_id)
    conclusion = migrate(sample, tmp_path)
    assert (conclusion.run_id, conclusion.status) == (str(run_id), "succeeded")


def test_a_run_whose_process_is_gone_is_interrupted(
    sample: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == "backfill" and len(multiprocessing.active_children()) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_phase(
            moving_phase(), site=Site(sample, settings_at(tmp_path), stop),
            options=replace(OPTIONS, batch_rows=10, workers=2),
        )  # fmt: skip
    assert multiprocessing.active_children() == []
    assert "Traceback" not in capfd.readouterr().err, "workers end without a word"
    run_id, status = latest(sample)
    assert status == "interrupted"
    steps = "SELECT status FROM atlas.phase_run_steps WHERE kind = 'backfill'"
    assert fetch(sample, steps) == [("running",)]

    # As a killed process leaves it: the lock says who lives.
    fetch(sample, "UPDATE atlas.phase_runs SET status = 'running', problem = NULL")
    with connect(sample, application_name="test", autocommit=True) as connection:
        (shown,) = as_they_stand(connection, latest_runs(connection), utc_now())
        assert (shown.status, f"Process {os.getpid()}" in str(shown.problem)) == ("interrupted", True)
        with (
            connect(sample, application_name="other", autocommit=True) as other,
            phase_lock(other, "p1_database"),
        ):
            (shown,) = as_they_stand(connection, latest_runs(connection), utc_now())
        assert (shown.status, shown.problem) == ("running", None)
        # Without a process of its own its tasks drive it, between which there is nobody.
        fetch(sample, "UPDATE atlas.phase_runs SET summary = summary - 'driver'")
        for later, status in ((0, "running"), (11, "interrupted")):
            at = utc_now() + timedelta(minutes=later)
            assert [run.status for run in as_they_stand(connection, latest_runs(connection), at)] == [status]
    assert '"status":"running"' in invoke(tmp_path, "status", "--dsn", sample, "--json").stdout
    conclusion = migrate(sample, tmp_path)
    assert (conclusion.run_id, conclusion.status) == (str(run_id), "succeeded")


def test_an_approval_is_waited_for(sample: str, tmp_path: Path) -> None:
    options = replace(OPTIONS, require_approval=True)
    waiting = migrate(sample, tmp_path, options=options)
    assert (waiting.status, waiting.exit_code) == ("waiting", 1)
    assert fetch(sample, "SELECT count(*) FROM atlas.organization_phases") == [(0,)]
    run_id, _ = latest(sample)
    with connect(sample, application_name="other", autocommit=True) as connection:
        approve_run(connection, run_id, "Ada", "looks right")
    done = migrate(sample, tmp_path, options=options)
    assert (done.run_id, done.status) == (waiting.run_id, "succeeded")
    # As a task does whose first attempt was lost by Airflow after it had ended.
    again = run_step(run_id, "approve", site=Site(sample, settings_at(tmp_path)))
    assert again.summary == {"approved_by": "Ada", "reason": "looks right", "already": "passed"}


def test_a_lost_database_is_one_message_and_the_run_goes_on(sample: str, tmp_path: Path) -> None:
    def cut() -> None:
        while True:
            found = fetch(sample, "SELECT coalesce(sum(rows_done), 0) FROM atlas.backfill_cursors")
            if found[0][0] > 100:
                fetch(
                    sample,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name IN ('atlas-writer', 'atlas-reader')",
                )
                return

    cutter = Thread(target=cut, daemon=True)
    cutter.start()
    with pytest.raises(DatabaseError, match="stopped answering"):
        migrate(sample, tmp_path, options=replace(OPTIONS, batch_rows=10))
    cutter.join(30)
    run_id, _ = latest(sample)
    conclusion = migrate(sample, tmp_path)
    assert (conclusion.run_id, conclusion.status) == (str(run_id), "succeeded")


def test_a_run_driven_step_by_step_ends_as_one_that_is_driven_whole(sample: str, tmp_path: Path) -> None:
    settings, phase = settings_at(tmp_path), moving_phase()

    def begun() -> Any:
        with connect(sample, application_name="test", autocommit=True) as connection:
            return start_run(connection, phase, Scope(), OPTIONS, utc_now())

    upgrade(sample)
    run_id = begun()
    run_step(run_id, "expand", site=Site(sample, settings))
    killed = conclude_run(run_id, site=Site(sample, settings))
    assert (killed.status, killed.exit_code, killed.problem) == ("failed", 1, "Step backfill did not finish.")
    assert begun() == run_id
    for kind in phase.steps:
        run_step(run_id, kind, site=Site(sample, settings))
    whole = conclude_run(run_id, site=Site(sample, settings))
    assert (whole.status, whole.exit_code, whole.problem) == ("succeeded", 0, None)
    again = migrate(sample, tmp_path)
    assert replace(again, run_id=whole.run_id, report=whole.report) == whole
    assert conclude_run(UUID(again.run_id), site=Site(sample, settings)) == again
    with pytest.raises(InputError, match="has no step 'brand'"):
        run_step(begun(), "brand", site=Site(sample, settings))


def test_an_unknown_organization_is_named(sample: str, tmp_path: Path) -> None:
    stranger = "00000000-0000-0000-0000-00000000dead"
    with pytest.raises(InputError, match=stranger):
        migrate(sample, tmp_path, scope=Scope((stranger,)))
    with pytest.raises(InputError, match="not-a-uuid"):
        migrate(sample, tmp_path, scope=Scope(("not-a-uuid",)))


def test_a_database_without_workflows_is_no_crm(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownShape, match="no table `workflows`"):
        migrate(dsn, tmp_path)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT to_regnamespace('atlas')").fetchone() == (None,)


def invoke(home: Path, *arguments: str) -> Any:
    return CliRunner().invoke(
        app, list(arguments), env={"ATLAS_HOME": str(home), "ATLAS_SECRET_KEYS": KEY}, catch_exceptions=True
    )


def test_the_command_line_speaks_json_only(sample: str, tmp_path: Path) -> None:
    made = invoke(
        tmp_path, "run", "p1", "--dsn", sample, "--dry-run", "--json", "--report", str(tmp_path / "report")
    )
    assert made.exit_code == 0
    said = loads(made.stdout)
    assert said["dry_run"] is True
    assert said["counts"]["migrated"] + said["counts"]["migrated_with_warnings"] == 120
    report = loads((tmp_path / "report" / "report.json").read_text())
    assert report["dry_run"] is True
    assert len(report["rows"]) == 120
    assert loads(invoke(tmp_path, "status", "--dsn", sample, "--json").stdout)["runs"] == []


def test_the_command_line_refuses_what_does_not_exist(sample: str, tmp_path: Path) -> None:
    for arguments, status in (
        (("run", "p9", "--dsn", sample), 2),
        (("resume", "--dsn", sample), 1),
        (("rollback", "p1", "--execute", "--dsn", sample), 2),
        (("rollback", "p1", "--execute", "--by", "Ada", "--dsn", sample), 2),
        (("approve", "--by", "Ada", "--reason", " ", "--dsn", sample), 2),
        (("run", "p1", "--dsn", "postgresql://127.0.0.1:1/none", "--dry-run"), 1),
    ):
        ended = invoke(tmp_path, *arguments)
        assert isinstance(ended.exception, AtlasError), arguments
        assert ended.exception.exit_code == status, arguments
        assert ended.exception.remedy


def test_an_approval_without_a_run_is_for_the_one_that_waits(atlas_dsn: str, tmp_path: Path) -> None:
    def approve(*words: str) -> Any:
        return invoke(tmp_path, "approve", *words, "--by", "Ada", "--reason", "read", "--dsn", atlas_dsn)

    def add(phase: str, status: str, minutes: int) -> str:
        found = fetch(
            atlas_dsn, "INSERT INTO atlas.phase_runs (phase, status, started_at) VALUES (%s, %s, now() + %s * interval '1 min')"
            " RETURNING id::text", phase, status, minutes,
        )  # fmt: skip
        return str(found[0][0])

    done = add("p2_smart_migration", "succeeded", 9)
    none = approve()
    assert isinstance(none.exception, PhaseRefused)
    assert f"the latest, {done} (p2_smart_migration), is succeeded" in none.exception.fact
    first = add("p1_database", "waiting", 1)
    assert approve().stdout == f"Phase run {first} (p1_database) is approved by Ada.\n", "not the latest"
    second, third = add("p4_advanced", "waiting", 2), add("p3_experience", "waiting", 3)
    several = approve()
    assert isinstance(several.exception, PhaseRefused)
    assert (
        f"2 phase runs wait for approval: {second} (p4_advanced), {third} (p3_experience)."
        == several.exception.fact
    ), "the first has its approval"
    assert approve(second).exit_code == 0
    noted = fetch(
        atlas_dsn, "SELECT subject_id FROM atlas.audit_log WHERE action = 'approve_phase_run' ORDER BY id"
    )
    assert noted == [(first,), (second,)]


def test_the_command_line_names_an_unknown_organization(sample: str, tmp_path: Path) -> None:
    stranger = "00000000-0000-0000-0000-00000000dead"
    ended = invoke(tmp_path, "run", "p1", "--dsn", sample, "--dry-run", "--organization", stranger)
    assert ended.exit_code == 1
    assert stranger in ended.stdout
