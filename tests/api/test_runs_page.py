"""The list of phase runs, against a real database."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from fastapi.testclient import TestClient

from atlas_workflows.api.app import create_app
from atlas_workflows.db.connect import connect
from atlas_workflows.migration.phases import phase_named
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
