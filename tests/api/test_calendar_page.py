"""The schedule calendar as a page: what it shows of what is published, what it refuses, and what it never lets through."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from atlas_workflows.api.app import create_app
from atlas_workflows.db.connect import connect
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import MOST_DAGS
from atlas_workflows.rollout.postgres import PostgresFlags

NOW = datetime(2026, 3, 27, 10, 7, 33, tzinfo=UTC)  # Friday; London puts its clocks forward on Sunday
ONE, TWO = UUID(int=1), UUID(int=2)
NASTY = "</a><script>alert(1)</script>\"'"


def _publish(connection: psycopg.Connection[Any], organization: UUID, name: str, **schedule: Any) -> str:
    definition = {"triggers": [{"id": "t", "type": "schedule", "parameters": {"schedule": schedule}}]}
    (workflow,) = connection.execute(
        "INSERT INTO atlas.workflows (organization_id, name, owner, status, published_version) "
        "VALUES (%s, %s, 'atlas_enhanced', 'active', 1) RETURNING id::text", [organization, name],
    ).fetchone()  # type: ignore[misc]  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash, created_at) "
        "VALUES (%s, %s, 1, %s, 'x', '2026-01-01')", [workflow, organization, json.dumps(definition)],
    )  # fmt: skip
    return str(workflow)


def _client(dsn: str) -> TestClient:
    return TestClient(
        create_app(dsn=lambda: dsn, reports=Path("none"), guard=[lambda: None], now=lambda: NOW)
    )


@pytest.fixture
def client(atlas_dsn: str) -> TestClient:
    """Two organizations: news at nine in London, at one instant of every day eleven reports, and one that cannot fire."""
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection, connection.transaction():
        connection.execute("CREATE TABLE public.organizations (id uuid PRIMARY KEY, name text)")
        connection.execute("INSERT INTO public.organizations VALUES (%s, 'Iron Gym'), (%s, %s)", [ONE, TWO, NASTY])  # fmt: skip
        _publish(connection, ONE, "Monday news", cron="0 9 * * *", timezone="Europe/London")
        for _ in range(11):
            _publish(connection, TWO, f"Report {NASTY}", cron="30 5 * * *", timezone="Asia/Kolkata")
        _publish(connection, TWO, "Broken", cron="99 * * * *", timezone="Asia/Kolkata")
    return _client(atlas_dsn)


def test_it_shows_load_pile_ups_quiet_stretches_and_what_cannot_fire(client: TestClient) -> None:
    page = client.get("/calendar?days=2")
    assert page.status_code == 200
    text = page.text
    assert "24 occurrences of 13 recurring schedules from Fri 27 Mar 10:07 to Sun 29 Mar 10:07 (UTC)" in text
    assert "the next one is due Sat 28 Mar 00:00" in text
    assert "<title>Sat 28 Mar, 00:00 to 01:00: 11 due</title>" in text
    assert "<title>Sat 28 Mar, 09:00 to 10:00: 1 due</title>" in text
    assert "<title>Sun 29 Mar, 08:00 to 09:00: 1 due</title>" in text, "nine o'clock of London's summer"
    assert text.count("11 due together") == 2
    assert "<li>Sat 28 Mar 09:00 to Sun 29 Mar 00:00</li>" in text
    assert "1 schedule cannot fire" in text
    assert "99 is not between 0 and 59" in text


def test_the_table_says_what_the_picture_shows(client: TestClient) -> None:
    text = client.get("/calendar?days=3&timezone=Europe/London").text
    drawn = re.findall(r"<title>(\w+ \d+ \w+, [\d:]+ to [\d:]+): (\d+) due</title>", text)
    table = re.findall(r'#listed">(\w+ \d+ \w+, [\d:]+ to [\d:]+)</a></td><td class="number">(\d+)', text)
    assert drawn == table
    assert sum(int(count) for _, count in drawn) == 36


def test_an_hour_lists_what_is_due_in_it_with_links_to_the_dags(client: TestClient) -> None:
    text = client.get("/calendar?days=7&timezone=Europe/London&hour=2026-03-29T09").text
    assert "Due Sun 29 Mar from 09:00 on" in text
    listed = text.partition('id="listed"')[2]
    (link,) = re.findall(r'href="(\.\./dags/recurring\.[^"]+)" data-above>([^<]*)', listed)
    assert link[1] == "Monday news"
    assert link[0].endswith(".t")
    assert "<span>09:00</span> <span>+0100</span>" in listed
    assert "Nothing." in client.get("/calendar?hour=2031-01-01T00").text


def test_what_the_sweep_starts_leads_to_the_sweep(client: TestClient, atlas_dsn: str) -> None:
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        flags = PostgresFlags(connection)
        declare_known_flags(flags, actor="ada")
        flags.set_override(Override(MOST_DAGS.key, ONE, 0, "ada", "always by the sweep", NOW))
    listed = client.get("/calendar?days=7").text.partition('id="listed"')[2]
    links = set(re.findall(r'href="\.\./dags/(\w+)[^"]*" data-above>(Monday news|Report)', listed))
    assert links == {("scheduled_sweep", "Monday news"), ("recurring", "Report")}


def test_a_misspelt_question_is_refused_by_name(client: TestClient) -> None:
    page = client.get("/calendar?organisation=1&days=2")
    assert page.status_code == 400
    assert "organisation" in page.text
    assert "There is days, organization, timezone, hour." in page.text


def test_one_organization_alone(client: TestClient) -> None:
    text = client.get(f"/calendar?organization={ONE}").text
    assert "7 occurrences of 1 recurring schedule " in text
    assert "cannot fire" not in text
    assert f'<option value="{ONE}" selected>Iron Gym</option>' in text
    assert (
        "This organization has no recurring workflow."
        in client.get(f"/calendar?organization={UUID(int=9)}").text
    )


def test_what_others_wrote_is_shown_and_not_obeyed(client: TestClient) -> None:
    page = client.get("/calendar")
    assert NASTY not in page.text
    assert page.text.count("<script>") == 1
    assert "Report &lt;/a&gt;&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("days=0", "days: &#39;0&#39; is no whole number from 1 to 31."),
        ("days=32", "from 1 to 31"),
        ("days=-1", "days: &#39;-1&#39;"),
        ("days=1e3", "days: &#39;1e3&#39;"),
        ("days=%D9%A3", "is no whole number"),
        ("days=" + "9" * 5000, "is no whole number"),
        ("organization=x", "organization: &#39;x&#39; is not the id of an organization."),
        ("organization=%00", "is not the id of an organization"),
        (f"organization={NASTY}", "is not the id of an organization"),
        ("timezone=Mars/Base", "timezone: &#39;Mars/Base&#39; is not a zone of tzdata"),
        ("timezone=../../etc/passwd", "is not a zone"),
        ("hour=2026-13-01T00", "hour: &#39;2026-13-01T00&#39; is no hour such as"),
        ("hour=soon", "is no hour such as"),
    ],
)
def test_a_bad_question_is_refused_in_words(client: TestClient, query: str, said: str) -> None:
    page = client.get(f"/calendar?{query}")
    assert page.status_code == 400
    assert said in page.text
    assert "<svg" not in page.text
    assert "<form" in page.text
    assert NASTY not in page.text
    assert len(page.text) < 30_000


def test_an_instance_without_anything_says_so(dsn: str, atlas_dsn: str) -> None:
    for address in (dsn, atlas_dsn):
        page = _client(address).get("/calendar")
        assert page.status_code == 200
        assert "No recurring workflow is published here." in page.text


def test_more_than_can_be_drawn_is_refused(client: TestClient, atlas_dsn: str) -> None:
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection, connection.transaction():
        for _ in range(2):
            _publish(connection, ONE, "Every minute", cron="* * * * *", timezone="UTC")
    page = client.get("/calendar?days=31")
    assert page.status_code == 400
    assert "More than 50000 occurrences within 31 days." in page.text
    assert client.get(f"/calendar?days=1&organization={TWO}").status_code == 200


def test_the_pages_lead_to_each_other(client: TestClient) -> None:
    for page, name in (("/", "Phase runs"), ("/calendar", "Schedule calendar")):
        text = client.get(page).text
        assert re.findall(r'<a href="([^"]+)"[^>]*>(Phase runs|Schedule calendar)</a>', text) == [
            (".", "Phase runs"), ("calendar", "Schedule calendar"),
        ]  # fmt: skip
        assert f'aria-current="page">{name}</a>' in text
