"""The list of phase runs, against a real database."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from atlas_workflows.api.app import create_app
from atlas_workflows.api.runs import SHOWN_RUNS
from atlas_workflows.db.connect import connect
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.report.notes import note_dag_run, noted
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import DatabaseRecord, insert_run


def _client(dsn: str, reports: Path) -> TestClient:
    return TestClient(create_app(dsn=lambda: dsn, reports=reports, guard=[lambda: None]))


def test_a_fresh_database_has_no_runs(dsn: str, tmp_path: Path) -> None:
    client = _client(dsn, tmp_path)
    assert client.get("/runs").json() == []
    assert "No phase has run" in client.get("/").text


def test_a_run_is_listed_with_links_to_what_exists(atlas_dsn: str, tmp_path: Path) -> None:
    run_id = uuid4()
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        options = RunOptions(actor="<b>ada</b>")
        insert_run(
            connection, run_id, phase_named("p1"), Scope(), options, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
        )
    (tmp_path / str(run_id)).mkdir()
    (tmp_path / str(run_id) / "report.html").write_text("x")
    client = _client(atlas_dsn, tmp_path)
    (listed,) = client.get("/runs").json()
    assert (listed["id"], listed["phase"], listed["status"]) == (str(run_id), "p1_database", "running")
    assert (listed["report"], listed["data_docs"]) == (f"reports/{run_id}/report.html", None)
    page = client.get("/").text
    assert "2026-01-02 03:04:00" in page
    assert "&lt;b&gt;ada&lt;/b&gt;" in page
    assert "<b>ada</b>" not in page


def _noted(folder: Path, **told: object) -> str:
    run_id = str(uuid4())
    (folder / run_id).mkdir()
    (folder / run_id / "run.json").write_text(json.dumps({"run_id": run_id, **told}))
    (folder / run_id / "report.html").write_text("x")
    return run_id


def test_dry_runs_and_rollbacks_are_listed_by_their_notes(atlas_dsn: str, tmp_path: Path) -> None:
    gym = str(uuid4())
    told = {
        "phase": "p1_database", "status": "succeeded", "exit_code": 3, "actor": "ada",
        "scope": {"organizations": [gym], "percent": None},
    }  # fmt: skip
    dry = _noted(
        tmp_path, **told, kind="phase", dry_run=True, started_at="2026-01-02T03:04:05+00:00", quarantined_rows=7,
        counts={"migrated": 1200, "quarantined": 0},
    )  # fmt: skip
    note_dag_run(tmp_path / dry, "migration_p1_database", "manual__2026-01-02T03:04:05+00:00")
    back = _noted(
        tmp_path, **told, kind="rollback", dry_run=False, started_at="2026-01-03T03:04:05+02:00",
        removed={"workflows": 20, "workflow_triggers": 22}, archived={"workflows": 1}, given_back={},
    )  # fmt: skip
    (tmp_path / back / "certificates").mkdir()
    (tmp_path / back / "certificates" / f"{gym}.json").write_text("{}")
    (tmp_path / "notes-of-somebody").mkdir()
    (tmp_path / "notes-of-somebody" / "run.json").write_text("{}")
    client = _client(atlas_dsn, tmp_path)
    assert [run["id"] for run in client.get("/runs").json()] == [back, dry]
    page = " ".join(re.sub("<[^>]+>", " ", client.get("/").text).split())
    for said in (
        "Dry run of p1_database", "rollback of p1_database", "exit status 3", "1,200 migrated", "7 rows in quarantine",
        "42 removed", "1 archived", gym, "Certificates (1)", "DAG run",
    ):  # fmt: skip
        assert said in page, said
    assert (
        "../dags/migration_p1_database/runs/manual__2026-01-02T03%3A04%3A05%2B00%3A00" in client.get("/").text
    )


def test_one_that_was_killed_is_listed_as_interrupted(atlas_dsn: str, tmp_path: Path) -> None:
    told = {
        "phase": "p1_database", "actor": "ada", "kind": "rollback", "started_at": "2026-01-02T03:04:05+00:00",
        "scope": None, "dry_run": False,
    }  # fmt: skip
    folder = tmp_path / str(uuid4())
    words = f"""
import time
from datetime import UTC, datetime
from pathlib import Path
from atlas_workflows.migration.report.notes import noted
with noted(Path({str(folder)!r}), {told!r}, lambda: datetime.now(UTC)):
    print("at work", flush=True)
    time.sleep(600)
"""
    client = _client(atlas_dsn, tmp_path)
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        assert [run["status"] for run in client.get("/runs").json()] == ["running"]
        process.kill()
    (listed,) = client.get("/runs").json()
    assert listed["status"] == "interrupted"
    assert listed["problem"].startswith("Its process is gone.")
    assert listed["report"] is None


def test_one_that_an_error_ended_is_listed_with_it(atlas_dsn: str, tmp_path: Path) -> None:
    told = {
        "phase": "p1_database",
        "actor": "ada",
        "dry_run": True,
        "started_at": "2026-01-02T03:04:05+00:00",
    }
    ended: tuple[BaseException, ...] = (ZeroDivisionError("by mail@example.com"), KeyboardInterrupt())
    for error in ended:
        with pytest.raises(type(error)), noted(tmp_path / str(uuid4()), told, lambda: datetime.now(UTC)):
            raise error
    listed = _client(atlas_dsn, tmp_path).get("/runs").json()
    assert {(run["status"], run["exit_code"]) for run in listed} == {("failed", 1), ("interrupted", 130)}
    assert "mail@example.com" not in json.dumps(listed)


def test_a_dag_run_leads_to_its_report(atlas_dsn: str, tmp_path: Path) -> None:
    client = _client(atlas_dsn, tmp_path)
    asked = {"dag_id": "migration_rollback", "run_id": "manual__2026-01-02T03:04:05+00:00"}
    assert "has no report" in client.get("/dag-run", params=asked).text
    told = {
        "phase": "p1_database",
        "status": "succeeded",
        "started_at": "2026-01-02T03:04:05+00:00",
        "kind": "rollback",
    }
    run_id = _noted(tmp_path, **told, actor="ada", scope={"organizations": [], "percent": 5})
    note_dag_run(tmp_path / run_id, asked["dag_id"], asked["run_id"])
    answer = client.get("/dag-run", params=asked, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"reports/{run_id}/report.html")
    (tmp_path / run_id / "report.html").unlink()
    assert "5 % of the organizations" in client.get("/dag-run", params=asked).text
    assert "has no report" in client.get("/dag-run", params=asked | {"run_id": "<b>other"}).text
    assert "<b>other" not in client.get("/dag-run", params=asked | {"run_id": "<b>other"}).text


def test_the_list_is_shown_in_pages(atlas_dsn: str, tmp_path: Path) -> None:
    for number in range(SHOWN_RUNS + 1):
        _noted(
            tmp_path, phase="p1_database", status="succeeded", actor="ada", scope=None,
            started_at=datetime(2026, 1, 1, number // 60, number % 60, tzinfo=UTC).isoformat(),
        )  # fmt: skip
    client = _client(atlas_dsn, tmp_path)
    first, second = client.get("/").text, client.get("/?page=2").text
    assert (first.count("<tr>"), second.count("<tr>")) == (SHOWN_RUNS + 1, 2)
    assert "Page 2 of 2, 51 runs" in second
    assert "no such page" in client.get("/?page=3").text
    assert len(client.get("/runs").json()) == SHOWN_RUNS + 1


def test_a_problem_is_masked_as_in_the_report(atlas_dsn: str, tmp_path: Path) -> None:
    run_id, at = uuid4(), datetime(2026, 1, 2, tzinfo=UTC)
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        insert_run(connection, run_id, phase_named("p1"), Scope(), RunOptions(), at)
        problem = "No mail went to ana.lopez@example.com (555) 123-4567."
        DatabaseRecord(connection, run_id).close("failed", problem, {}, at)
    client = _client(atlas_dsn, tmp_path)
    for shown in (client.get("/").text, client.get("/runs").text):
        assert "No mail went to" in shown
        assert not any(part in shown for part in ("lopez", "123-4567"))


def test_reading_the_list_writes_nothing(atlas_dsn: str, tmp_path: Path) -> None:
    assert _client(atlas_dsn, tmp_path).get("/").status_code == 200
    with psycopg.connect(atlas_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM atlas.phase_runs").fetchone() == (0,)
