"""Which files the Atlas pages give out, and which never."""

from pathlib import Path

import pytest
from fastapi import HTTPException, Request
from fastapi.testclient import TestClient

from atlas_workflows.api.app import create_app
from atlas_workflows.api.files import file_within

RUN = "9257b0c8-a6d9-4a66-b782-de4a07a390a6"


def _guard(request: Request) -> None:
    """Stands in for Airflow's: no header is nobody, `reader` may read, anybody else may not."""
    who = request.headers.get("who")
    if who is None:
        raise HTTPException(401)
    if who != "reader":
        raise HTTPException(403)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports" / RUN
    (folder / "data_docs" / "static").mkdir(parents=True)
    (folder / "report.html").write_text("<h1>report</h1>")
    (folder / "report.json").write_text("{}")
    (folder / "data_docs" / "index.html").write_text("docs")
    (folder / "data_docs" / "static" / "docs.css").write_text("a{}")
    (folder / "secret.key").write_text("no")
    (tmp_path / "outside.html").write_text("outside")
    (folder / "link.html").symlink_to(tmp_path / "outside.html")
    return tmp_path / "reports"


@pytest.fixture
def client(reports: Path) -> TestClient:
    def no_database() -> str:
        return "postgresql://nobody:secret@127.0.0.1:1/none"

    return TestClient(create_app(dsn=no_database, reports=reports, guard=[_guard]))


READER = {"who": "reader"}


@pytest.mark.parametrize(
    ("path", "content"),
    [("report.html", "<h1>report</h1>"), ("data_docs/", "docs"), ("data_docs/static/docs.css", "a{}")],
)
def test_readers_get_reports(client: TestClient, path: str, content: str) -> None:
    answer = client.get(f"/reports/{RUN}/{path}", headers=READER)
    assert (answer.status_code, answer.text) == (200, content)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'none'" in policy
    assert "http" not in policy, "nothing is loaded from another host"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/runs",
        "/dag-run?dag_id=a&run_id=b",
        "/calendar",
        f"/reports/{RUN}/report.html",
        f"/reports/{RUN}/nothing.html",
    ],
)
def test_nobody_gets_in_without_a_login_or_the_right(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"who": "stranger"}).status_code == 403


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_there_are_no_open_pages(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(path, headers=READER).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "../../outside.html",
        "%2e%2e/%2e%2e/outside.html",
        "..%2f..%2foutside.html",
        "data_docs/../../../outside.html",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "link.html",
        "secret.key",
        "report.html%00.css",
    ],
)
def test_nothing_outside_or_beside_the_reports(client: TestClient, path: str) -> None:
    answer = client.get(f"/reports/{RUN}/{path}", headers=READER)
    assert answer.status_code in (404, 422)
    assert "outside" not in answer.text


def test_a_run_is_named_by_its_id_only(client: TestClient) -> None:
    assert client.get("/reports/..%2F/report.html", headers=READER).status_code in (404, 422)
    assert client.get("/reports/other/report.html", headers=READER).status_code == 422


def test_file_within_follows_no_link_outside(reports: Path) -> None:
    assert file_within(reports / RUN, "report.html") is not None
    assert file_within(reports / RUN, "link.html") is None
    assert file_within(reports / RUN, "a\x00b.html") is None
    assert file_within(reports / RUN, "") is None


def test_a_database_that_is_away_is_said_and_its_password_is_not(client: TestClient) -> None:
    page = client.get("/", headers=READER)
    assert page.status_code == 503
    assert "No connection to postgresql://nobody@127.0.0.1:1/none" in page.text
    listing = client.get("/runs", headers=READER)
    assert listing.headers["content-type"] == "application/problem+json"
    calendar = client.get("/calendar", headers=READER)
    assert calendar.status_code == 503
    assert "No connection to postgresql://nobody@127.0.0.1:1/none" in calendar.text
    assert "secret" not in page.text + listing.text + calendar.text


def test_pages_without_a_guard_are_refused(reports: Path) -> None:
    with pytest.raises(ValueError, match="guard"):
        create_app(dsn=lambda: "", reports=reports, guard=[])
