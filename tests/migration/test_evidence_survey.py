"""The survey of what really happened, on PostgreSQL: what it counts, what it leaves alone, what the phase makes of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from plain_source import new_context
from spied import spy
from typer.testing import CliRunner

from atlas_workflows.cli.sign_off import app as sign_off
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.evidence.seen import StepSeen
from atlas_workflows.migration.evidence.findings import Found, judged
from atlas_workflows.migration.evidence.survey import Survey, survey_history
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.steps import evidence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GYM, OTHER = str(UUID(int=1)), str(UUID(int=2))
SCHEMA = """
CREATE TABLE organizations (id uuid PRIMARY KEY, name text);
CREATE TABLE workflows (
    id uuid PRIMARY KEY, organization_id uuid, name text DEFAULT 'W', status text DEFAULT 'active',
    nodes jsonb DEFAULT '[]', edges jsonb DEFAULT '[]', variables jsonb DEFAULT '{}', settings jsonb DEFAULT '{}',
    trigger_type text, trigger_config jsonb DEFAULT '{}', created_at timestamptz DEFAULT '2025-01-01', updated_at timestamptz DEFAULT now()
);
CREATE TABLE workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), workflow_id uuid, status text, started_at timestamptz,
    completed_at timestamptz, error_message text, triggered_by text, trigger_data jsonb DEFAULT '{}',
    input_data jsonb, output_data jsonb, execution_steps jsonb DEFAULT '[]'
);
CREATE TABLE leads (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, source text, form_id text, created_at timestamptz);
CREATE TABLE bookings (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), org_id uuid, created_at timestamptz);
"""


class Crm:
    """A small CRM to write history into."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.number = 0
        fetch(dsn, SCHEMA)
        for gym in (GYM, OTHER):
            fetch(dsn, "INSERT INTO organizations VALUES (%s, 'Gym')", gym)

    def workflow(self, column: str | None, config: str = "{}", **columns: Any) -> str:
        self.number += 1
        values = {
            "organization_id": GYM,
            "status": "active",
            "created_at": NOW - timedelta(days=400),
            **columns,
        }
        names = ", ".join(["id", "trigger_type", "trigger_config", *values])
        marks = ", ".join(["%s"] * (3 + len(values)))
        key = str(UUID(int=0xA0 + self.number))
        fetch(
            self.dsn,
            f"INSERT INTO workflows ({names}) VALUES ({marks})",
            key,
            column,
            config,
            *values.values(),
        )
        return key

    def executions(
        self, workflow: str, count: int, *, by: str | None = None, status: str = "completed", days: float = 10,
        data: str = '{{"leadId": "{}"}}', steps: str = "[]",
    ) -> None:  # fmt: skip
        for number in range(count):
            fetch(
                self.dsn,
                "INSERT INTO workflow_executions (workflow_id, status, started_at, triggered_by, trigger_data, execution_steps)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                workflow, status, NOW - timedelta(days=days, minutes=number), by, data.format(number // 2), steps,
            )  # fmt: skip

    def leads(self, count: int, source: str = "web", *, gym: str = GYM, days: float = 5) -> None:
        for _ in range(count):
            fetch(
                self.dsn, "INSERT INTO leads (organization_id, source, created_at) VALUES (%s, %s, %s)",
                gym, source, NOW - timedelta(days=days),
            )  # fmt: skip

    def survey(self, statement_seconds: float = 60) -> Survey:
        with connect(self.dsn, application_name="test", autocommit=True) as connection:
            return survey_history(connection, read_catalog(connection), NOW, statement_seconds)

    def found(self) -> dict[str, Found]:
        survey = self.survey()
        assert survey.given_up == ()
        return {item.head.id: item for item in judged(survey.observed)}


@pytest.fixture
def crm(dsn: str) -> Crm:
    return Crm(dsn)


def test_executions_by_events_are_told_from_those_by_hand(crm: Crm) -> None:
    fired = crm.workflow("lead_created")
    crm.executions(fired, 6, by="lead_created")
    unmarked = crm.workflow("lead_created")
    crm.executions(unmarked, 2)
    by_hand = {
        crm.workflow("lead_created"): {"by": "manual"},
        crm.workflow("lead_created"): {"by": str(UUID(int=77))},
        crm.workflow("lead_created"): {"by": "ana@gym.example"},
        crm.workflow("lead_created"): {"data": '{{"manual": true}}'},
        crm.workflow("lead_created"): {"data": '{{"triggeredBy": "manual"}}'},
    }
    for key, told in by_hand.items():
        crm.executions(key, 3, **told)  # type: ignore[arg-type]
    found = crm.found()
    assert (found[fired].seen, found[fired].by_event.recently, found[fired].by_event.subjects) == (
        "fires",
        6,
        3,
    )
    assert found[fired].by_event.last_at == NOW - timedelta(days=10)
    assert found[unmarked].seen == "fires"
    for key in by_hand:
        assert (found[key].seen, found[key].by_hand, found[key].by_event.executions) == ("nothing", 3, 0)


def test_what_nobody_ever_picked_up_and_what_another_event_started_is_no_evidence(crm: Crm) -> None:
    pending, other, empty = crm.workflow("lead_created"), crm.workflow("form_submitted"), crm.workflow(None)
    crm.executions(pending, 3, by="lead_created", status="pending")
    crm.executions(other, 3, by="lead_created")
    crm.executions(empty, 3, by="lead_created")
    assert {item.seen for item in crm.found().values()} == {"nothing"}


def test_it_is_silent_only_where_events_came_in_that_its_column_lets_through(crm: Crm) -> None:
    expected = {
        crm.workflow("lead_created"): "silent",
        crm.workflow("lead_created", '{"source": "all"}'): "silent",
        crm.workflow("lead_created", '{"source": "web"}'): "silent",
        crm.workflow("lead_created", '{"source": "facebook"}'): "nothing",
        crm.workflow("lead_created", '{"tags": ["vip"]}'): "nothing",  # which leads had it nobody counted
        crm.workflow("lead_created", status="paused"): "nothing",
        crm.workflow("lead_created", organization_id=OTHER): "nothing",
        crm.workflow("lead_created", created_at=NOW): "nothing",
        crm.workflow("form_submitted"): "nothing",
    }
    crm.leads(4)
    found = crm.found()
    assert {key: str(found[key].seen) for key in expected} == expected


def test_what_fired_long_ago_and_no_longer_does_is_silent(crm: Crm) -> None:
    stopped, at_rest = crm.workflow("lead_created"), crm.workflow("lead_created", organization_id=OTHER)
    for key in (stopped, at_rest):
        crm.executions(key, 3, by="lead_created", days=200)
    crm.leads(2)
    found = crm.found()
    assert (found[stopped].seen, found[at_rest].seen) == ("silent", "fires")


def test_the_window_ends_with_the_latest_row_so_that_a_copy_keeps_its_evidence(crm: Crm) -> None:
    key = crm.workflow("lead_created", created_at=NOW - timedelta(days=900))
    crm.executions(key, 2, by="lead_created", days=700)
    crm.executions(key, 1, by="lead_created", days=-3)  # dated after now: no end of anything
    survey = crm.survey()
    assert survey.observed.until == NOW - timedelta(days=700)
    assert judged(survey.observed)[0].by_event.recently == 2


def test_bookings_and_facebook_forms_are_counted(crm: Crm) -> None:
    fetch(crm.dsn, "INSERT INTO bookings (org_id, created_at) VALUES (%s, %s)", GYM, NOW)
    fetch(crm.dsn, "INSERT INTO leads (organization_id, form_id, created_at) VALUES (%s, 'f1', %s)", GYM, NOW)
    days = crm.survey().observed.days
    assert {key[1]: sum(sum(by.values()) for by in found.values()) for key, found in days.items()} == {
        "booking": 1, "form": 1, "lead": 1,
    }  # fmt: skip
    assert list(days[GYM, "form"]) == ["f1"]


def test_steps_are_counted_by_node(crm: Crm) -> None:
    key = crm.workflow("lead_created")
    steps = (
        '[{"nodeId": "a", "status": "completed"}, {"nodeId": "b", "status": "skipped"},'
        ' {"nodeId": "c", "status": "failed"}, {"nodeId": "d", "status": "running"}, "no step", null]'
    )
    crm.executions(key, 25, steps=steps)
    crm.executions(key, 1, steps='{"not": "a list"}')
    evidence = crm.found()[key].evidence
    assert evidence.steps == {"a": StepSeen.DONE, "b": StepSeen.SKIPPED, "c": StepSeen.FAILED}
    assert evidence.often == {"a"}


def test_twice_is_not_every_time(crm: Crm) -> None:
    key = crm.workflow("lead_created")
    crm.executions(key, 2, steps='[{"nodeId": "b", "status": "skipped"}]')
    assert crm.found()[key].evidence.steps == {"b": StepSeen.SELDOM}


def test_it_writes_nothing_and_takes_no_lock_that_others_would_feel(crm: Crm) -> None:
    crm.executions(crm.workflow("lead_created"), 5)
    with psycopg.connect(crm.dsn, options="-c search_path=public") as other:
        # Whoever changes rows or adds a column meanwhile is what a lock would stop.
        other.execute("UPDATE workflow_executions SET status = 'failed'")
        crm.survey()
        other.execute("UPDATE workflows SET name = 'edited'")
        other.rollback()
    [(before,)] = fetch(crm.dsn, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    with connect(crm.dsn, application_name="test", autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        survey_history(connection, read_catalog(connection), NOW)
    assert fetch(crm.dsn, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [
        (before,)
    ]


def test_a_part_that_cannot_be_read_is_given_up_by_name(crm: Crm) -> None:
    fetch(
        crm.dsn,
        'ALTER TABLE workflow_executions ALTER trigger_data TYPE json USING \'{"a": "\\u0000"}\'::json',
    )
    key = crm.workflow("lead_created")
    fetch(
        crm.dsn, "INSERT INTO workflow_executions (workflow_id, status, started_at, trigger_data) VALUES (%s, 'completed', %s, %s)",
        key, NOW, '{"a": "\\u0000"}',
    )  # fmt: skip
    survey = crm.survey()
    assert survey.given_up == ("what started executions",)
    assert judged(survey.observed)[0].seen == "nothing"


def test_what_takes_too_long_is_given_up_and_its_triggers_are_unknown(crm: Crm) -> None:
    key = crm.workflow("lead_created")
    crm.executions(key, 3, by="lead_created")
    with psycopg.connect(crm.dsn, options="-c search_path=public") as other:
        # What holds a statement up for longer than it may take: a lock that somebody else has.
        other.execute("LOCK workflow_executions IN ACCESS EXCLUSIVE MODE")
        survey = crm.survey(statement_seconds=0.3)
    assert "what started executions" in survey.given_up
    assert [item.seen for item in judged(survey.observed)] == ["nothing"]


def test_a_database_without_history_has_no_evidence(dsn: str) -> None:
    fetch(
        dsn,
        "CREATE TABLE workflows (id uuid PRIMARY KEY, nodes jsonb, edges jsonb); INSERT INTO workflows VALUES (gen_random_uuid())",
    )
    with connect(dsn, application_name="test", autocommit=True) as connection:
        survey = survey_history(connection, read_catalog(connection), NOW)
    assert survey.observed.until is None
    assert [item.seen for item in judged(survey.observed)] == ["nothing"]


# The phase

NODES = (
    '[{"id": "t", "type": "trigger", "position": {"x": 1, "y": 1}, "data": {"label": "T", "actionType": "lead_created", "config": {}}},'
    ' {"id": "a", "type": "action", "position": {"x": 1, "y": 9}, "data": {"label": "A", "actionType": "send_sms", "config": {"message": "Hi"}}}]'
)
EDGES = '[{"id": "e", "source": "t", "target": "a"}]'


def state(dsn: str, key: str) -> tuple[str, list[str], str]:
    [row] = fetch(
        dsn,
        "SELECT w.status, (SELECT array_agg(c ->> 'code') FROM jsonb_array_elements(l.changes) AS c), t.evidence"
        " FROM atlas.workflows AS w JOIN atlas.migration_ledger AS l ON l.source_id = w.source_id AND l.source_table = 'workflows'"
        " JOIN atlas.trigger_evidence AS t ON t.workflow_id = w.id WHERE w.id = %s",
        key,
    )
    return row[0], row[1] or [], row[2]


@pytest.mark.parametrize("large", [1, 10_000])
def test_a_process_of_its_own_keeps_the_same_evidence(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """As many workflows as LARGE are surveyed by another process; here one is enough for it."""
    monkeypatch.setattr(evidence, "LARGE", large)
    crm.executions(crm.workflow("lead_created"), 3, by="event")
    upgrade(crm.dsn)
    begun = list[int]()
    monkeypatch.setattr(evidence, "in_processes", spy(evidence.in_processes, begun))
    result = evidence.run(new_context(crm.dsn, tmp_path))
    assert len(begun) == (large == 1)
    assert (result.summary["executions"], result.summary["given_up"]) == (3, [])
    assert fetch(crm.dsn, "SELECT seen, executions FROM atlas.workflow_evidence") == [("fires", 3)]


def test_a_row_is_taken_up_again_only_when_its_class_changes(crm: Crm, tmp_path: Path) -> None:
    key = crm.workflow("lead_created", nodes=NODES, edges=EDGES)
    crm.executions(key, 3, by="lead_created")
    migrate(crm.dsn, tmp_path)
    assert state(crm.dsn, key) == ("active", [], "fires")
    written = "SELECT xmin::text FROM atlas.workflows WHERE id = %s"
    [before] = fetch(crm.dsn, written, key)
    crm.executions(key, 5, by="lead_created", days=1)
    migrate(crm.dsn, tmp_path)
    assert fetch(crm.dsn, written, key) == [before]
    assert fetch(crm.dsn, "SELECT started_recently FROM atlas.workflow_evidence") == [(8,)]
    fetch(crm.dsn, "DELETE FROM workflow_executions")
    crm.leads(9, days=2)
    migrate(crm.dsn, tmp_path)
    assert state(crm.dsn, key) == ("paused", ["TRIGGER_WAS_SILENT"], "silent")
    assert fetch(crm.dsn, "SELECT forecast FROM atlas.trigger_evidence") == [
        ({"events_a_day": [0.1, 0.1], "messages_per_start": [1, 1], "messages_a_day": [0.1, 0.1]},)
    ]


def test_evidence_of_workflows_that_are_gone_is_forgotten(crm: Crm, tmp_path: Path) -> None:
    key = crm.workflow("lead_created", nodes=NODES, edges=EDGES)
    migrate(crm.dsn, tmp_path)
    fetch(crm.dsn, "DELETE FROM workflows WHERE id = %s", key)
    migrate(crm.dsn, tmp_path)
    assert fetch(crm.dsn, "SELECT count(*) FROM atlas.workflow_evidence") == [(0,)]
    assert fetch(crm.dsn, "SELECT count(*) FROM atlas.trigger_evidence") == [(0,)]


@pytest.fixture(scope="module")
def migrated(
    pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Any]]:
    """The messy sample of shape A, with a workflow of every class of evidence, migrated; its report."""
    dsn = clone_sample(pg_server, "A", workflows=200, executions=2_000)
    conclusion = migrate(dsn, tmp_path_factory.mktemp("home"))
    yield dsn, loads((Path(conclusion.report) / "report.json").read_text())
    pg_server.drop_database(dsn.rpartition("/")[2])


EXPECTED = [
    ("fires", "fires", None), ("silent", "silent", "TRIGGER_WAS_SILENT"), ("unknown", "unknown", "TRIGGER_NEVER_SEEN"),
    ("column is empty", "cannot_fire", "TRIGGER_CANNOT_FIRE"), ("no trigger node", "cannot_fire", "TRIGGER_CANNOT_FIRE"),
    ("filter in the node", "fires", None), ("disabled step", "fires", "DISABLED_STEP_RAN"),
    ("step skipped", "fires", "STEP_ALWAYS_SKIPPED"), ("step failed", "fires", "STEP_ALWAYS_FAILED"),
    ("many recipients", "fires", None), ("variables like fields", "fires", None),
]  # fmt: skip


@pytest.mark.parametrize(("title", "evidence", "code"), EXPECTED)
def test_the_sample_holds_every_class(
    migrated: tuple[str, Any], title: str, evidence: str, code: str | None
) -> None:
    dsn, _ = migrated
    [(key,)] = fetch(
        dsn, "SELECT id::text FROM atlas.workflows WHERE name = %s ORDER BY id LIMIT 1", f"Evidence: {title}"
    )
    status, changes, found = state(dsn, key)
    # A text with a variable in it is said as well, whatever the evidence.
    told = [each for each in changes if each != "TEXT_WAS_NOT_FILLED"]
    assert (found, code in told if code else told == []) == (evidence, True)
    assert status == ("active" if not changes and title != "many recipients" else "paused")


def test_the_report_shows_evidence_and_forecasts(migrated: tuple[str, Any]) -> None:
    dsn, report = migrated
    stored = dict(fetch(dsn, "SELECT evidence, count(*) FROM atlas.trigger_evidence GROUP BY 1"))
    assert report["evidence"] == {
        name: stored.get(name, 0) for name in ("fires", "silent", "cannot_fire", "unknown")
    }
    assert min(report["evidence"].values()) > 0
    [silent] = [row for row in report["rows"] if row["name"] == "Evidence: silent"][:1]
    [item] = silent["evidence"]
    assert (item["evidence"], item["last_started_at"]) == ("silent", None)
    assert item["forecast"]["messages_per_start"] == [2, 2]
    assert item["forecast"]["events_a_day"][1] > 0


def test_the_notes_of_the_definition_say_it(migrated: tuple[str, Any]) -> None:
    dsn, _ = migrated
    [(notes,)] = fetch(
        dsn, "SELECT definition -> 'triggers' -> 0 ->> 'notes' FROM atlas.workflows WHERE name = 'Evidence: column is empty' LIMIT 1"
    )  # fmt: skip
    assert notes.startswith("In the old application: cannot_fire (column_unset).")


def test_the_list_of_what_waits_shows_the_forecast(
    migrated: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, _ = migrated
    monkeypatch.setenv("COLUMNS", "400")
    shown = CliRunner().invoke(sign_off, ["--dsn", dsn])
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.endswith("Evidence: silent"))
    below = takewhile(lambda line: line.startswith(" " * 6), lines[at + 1 :])
    said = " ".join(line.strip() for line in below)
    assert "lead_created): silent, events without execution" in said
    assert "messages a day" in said
    assert max(map(len, lines)) <= 80
    listed = loads(CliRunner().invoke(sign_off, ["--dsn", dsn, "--json"]).output)["awaiting"]
    assert all(item["evidence"] for item in listed if "TRIGGER_CANNOT_FIRE" in item["outstanding"])


def test_a_dry_run_foretells_the_evidence(
    pg_server: EmbeddedServer, tmp_path: Path, migrated: tuple[str, Any]
) -> None:
    _, real = migrated
    dsn = clone_sample(pg_server, "A", workflows=200, executions=2_000)
    try:
        foretold = migrate(dsn, tmp_path, options=RunOptions(dry_run=True))
        report = loads((Path(foretold.report) / "report.json").read_text())
        assert fetch(dsn, "SELECT count(*) FROM atlas.workflow_evidence") == [(0,)]
    finally:
        pg_server.drop_database(dsn.rpartition("/")[2])
    assert report["evidence"] == real["evidence"]
    told = {row["id"]: row["evidence"] for row in report["rows"]}
    assert told == {row["id"]: row["evidence"] for row in real["rows"]}


def test_other_tenants_evidence_is_hidden(migrated: tuple[str, Any]) -> None:
    dsn, _ = migrated
    tables = ("workflow_evidence", "trigger_evidence", "organization_events")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET ROLE atlas_app")
        connection.execute("SELECT set_config('atlas.organization_id', %s, false)", [str(UUID(int=5))])
        for table in tables:
            assert connection.execute(f"SELECT count(*) FROM atlas.{table}").fetchone() == (0,)
