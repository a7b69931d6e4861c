"""Shadow runs on PostgreSQL: what the sample's history says, what is kept, when the gate opens, and that nothing legacy is touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, migrate
from plain_source import settings_at
from second_phase import second_phase
from typer.testing import CliRunner

from atlas_workflows.cli.shadow import app
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.outcome import conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.shadow.gate import held_up, parity_by_workflow
from atlas_workflows.migration.shadow.reenact import Cause
from atlas_workflows.migration.shadow.run import ShadowRun, Tally, run_shadow
from atlas_workflows.migration.shadow.shown import read_shadow
from atlas_workflows.migration.step import GATE_CLOSED
from atlas_workflows.site import Site

LEGACY = ("workflows", "workflow_executions", "leads", "organizations")


@dataclass(frozen=True)
class Crm:
    dsn: str
    home: Path

    @property
    def site(self) -> Site:
        return Site(self.dsn, settings_at(self.home))

    def shadow(self, run_id: UUID | None = None, scope: Scope | None = None) -> Tally:
        return run_shadow(ShadowRun(self.site, run_id or uuid4(), scope or Scope(), RunOptions()))

    def legacy(self) -> list[tuple[object, ...]]:
        """What every row is, and which transaction wrote it."""
        return [
            row
            for table in LEGACY
            for row in fetch(self.dsn, f"SELECT count(*), md5(string_agg(x::text || x.xmin::text, '' ORDER BY x.id)) FROM {table} AS x")
        ]  # fmt: skip


def crm(server: EmbeddedServer, home: Path, shape: str, *, messy: bool) -> Iterator[Crm]:
    dsn = clone_sample(server, shape, messy=messy)
    migrate(dsn, home)
    yield Crm(dsn, home)
    server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture(scope="module")
def messy(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    yield from crm(pg_server, tmp_path_factory.mktemp("messy"), "A", messy=True)


@pytest.fixture(scope="module")
def tidy(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    yield from crm(pg_server, tmp_path_factory.mktemp("tidy"), "A", messy=False)


def test_the_samples_history_is_reenacted_and_every_execution_is_accounted_for(messy: Crm) -> None:
    before = messy.legacy()
    tally = messy.shadow()
    assert messy.legacy() == before
    assert tally.executions == tally.reproduced + sum(tally.causes.values())
    assert tally.recorded == tally.executions - tally.causes["NO_STEPS"] - tally.causes["UNFINISHED"]
    # Dirt that draws graphs anew leaves histories of the graph as it was.
    assert tally.reproduced > 0.7 * tally.recorded
    assert tally.causes.keys() <= {str(cause) for cause in Cause}
    assert tally.causes["STEPS_BEYOND"] > 0
    # Whatever differs has a code that phase 1 recorded.
    names = fetch(
        messy.dsn,
        "SELECT DISTINCT w.name FROM atlas.workflows AS w JOIN atlas.shadow_workflows AS s ON s.workflow_id = w.id WHERE s.unexplained > 0",
    )
    assert names == []
    kept = fetch(messy.dsn, "SELECT count(*), sum(recorded), sum(reproduced) FROM atlas.shadow_workflows")
    assert kept == [(tally.workflows, tally.recorded, tally.reproduced)]


def test_a_run_taken_up_again_goes_on_behind_what_it_compared(messy: Crm) -> None:
    run_id = uuid4()
    first = messy.shadow(run_id)
    assert first.workflows > 50
    # Only what shows something unexplained is looked at again.
    assert messy.shadow(run_id).workflows == first.unexplained
    fetch(
        messy.dsn,
        "DELETE FROM atlas.shadow_workflows WHERE legacy_id IN "
        "(SELECT legacy_id FROM atlas.shadow_workflows WHERE unexplained = 0 LIMIT 7)",
    )
    assert messy.shadow(run_id).workflows == 7 + first.unexplained
    fetch(
        messy.dsn,
        "UPDATE atlas.shadow_workflows SET definition_hash = 'of an earlier day' WHERE unexplained = 0",
    )
    assert messy.shadow(run_id).workflows == first.workflows


def test_only_the_organizations_asked_for_are_compared(messy: Crm) -> None:
    gym = str(fetch(messy.dsn, "SELECT organization_id FROM atlas.workflows LIMIT 1")[0][0])
    run_id = uuid4()
    messy.shadow(run_id, Scope((gym,)))
    found = fetch(
        messy.dsn,
        "SELECT DISTINCT organization_id::text FROM atlas.shadow_workflows WHERE run_id = %s",
        run_id,
    )
    assert found == [(gym,)]


def test_the_tidy_sample_differs_only_as_recorded_and_the_gate_is_open(tidy: Crm) -> None:
    tally = tidy.shadow()
    assert tally.unexplained == 0
    assert tally.explained > 0
    shown = CliRunner().invoke(app, ["show", "--dsn", tidy.dsn])
    assert shown.exit_code == 0, shown.output
    assert "executions of 90 days reproduce" in shown.output
    assert shown.output.rstrip().endswith("The gate is open.")
    codes = fetch(tidy.dsn, "SELECT DISTINCT unnest(codes) FROM atlas.shadow_differences")
    assert ("WAIT_CAP_REMOVED",) in codes
    with tidy.site.connect("test", autocommit=True) as connection:
        totals = read_shadow(connection).totals()
    counted = fetch(tidy.dsn, "SELECT change, sum(times) FROM atlas.shadow_differences GROUP BY change")
    assert {item["change"]: item["times"] for item in totals["changes"]} == dict(counted)


def test_organizations_that_do_not_exist_are_refused_by_name(tidy: Crm) -> None:
    shown = CliRunner().invoke(app, ["show", "--dsn", tidy.dsn, "--organization", str(UUID(int=5))])
    assert isinstance(shown.exception, InputError)
    assert str(UUID(int=5)) in str(shown.exception)
    [(gym,)] = fetch(tidy.dsn, "SELECT organization_id::text FROM atlas.workflows LIMIT 1")
    shown = CliRunner().invoke(app, ["show", "--dsn", tidy.dsn, "--organization", gym.upper(), "--json"])
    assert {row["organization_id"] for row in loads(shown.output)["workflows"]} == {gym}


def test_a_run_that_left_nothing_to_go_on_from_is_refused(tidy: Crm) -> None:
    ran = CliRunner().invoke(app, ["run", "--dsn", tidy.dsn, "--continue", str(UUID(int=6))])
    assert isinstance(ran.exception, InputError)
    assert f"No verdict of a shadow run {UUID(int=6)}" in str(ran.exception)


def test_a_planted_difference_shuts_the_gate_until_it_is_gone(tidy: Crm) -> None:
    tidy.shadow()
    [(workflow, definition)] = fetch(
        tidy.dsn,
        "SELECT w.id, w.definition::text FROM atlas.workflows AS w JOIN atlas.shadow_workflows AS s ON s.workflow_id = w.id"
        " WHERE 'active' IN (w.status, w.intended_status) AND NOT s.is_made_up AND w.definition::text LIKE %s LIMIT 1",
        '%"type": "send_email"%',
    )  # fmt: skip
    changed = loads(definition)
    mail = next(node for node in changed["nodes"] if node["type"] == "send_email")
    mail["parameters"]["subject"] = "Something else"
    replaced = "UPDATE atlas.workflows SET definition = %s::jsonb WHERE id = %s"
    fetch(tidy.dsn, replaced, dumps_text(changed), workflow)
    with tidy.site.connect("test", autocommit=True) as connection:
        assert [(item.workflow_id, item.found) for item in held_up(connection, None)] == [
            (str(workflow), "changed_since")
        ]
        assert parity_by_workflow(connection, None)[str(workflow)] == "not_compared"
    ran = CliRunner().invoke(app, ["run", "--dsn", tidy.dsn, "--json"])
    assert ran.exit_code == GATE_CLOSED, ran.output
    told = loads(ran.output)
    assert told["gate"] == {
        "open": False,
        "held_up": [{"workflow_id": str(workflow), "found": "unexplained"}],
    }
    one = CliRunner().invoke(app, ["show", str(workflow), "--dsn", tidy.dsn])
    assert one.exit_code == 0, one.output
    assert "CONTENT at" in one.output
    assert "UNEXPLAINED" in one.output
    result = run_phase(
        second_phase("expand", "shadow", "finish"), site=tidy.site, scope=Scope(), options=OPTIONS
    )
    assert (result.status, result.exit_code) == ("failed", GATE_CLOSED)
    assert "1 live workflows may not be cut over" in (result.problem or "")
    fetch(tidy.dsn, replaced, definition, workflow)
    assert tidy.shadow().unexplained == 0
    fetch(tidy.dsn, "UPDATE atlas.shadow_workflows SET rules = rules - 1 WHERE workflow_id = %s", workflow)
    with tidy.site.connect("test", autocommit=True) as connection:
        assert {item.found for item in held_up(connection, None)} == {"other_rules"}
        assert parity_by_workflow(connection, None)[str(workflow)] == "not_compared"


def test_the_step_passes_is_reported_and_is_taken_back(tidy: Crm) -> None:
    phase = second_phase("expand", "shadow", "finish")
    result = run_phase(phase, site=tidy.site, scope=Scope(), options=OPTIONS)
    assert result.status == "succeeded", result.problem
    conclusion = conclude(result, phase, Scope(), OPTIONS, site=tidy.site)
    folder = Path(str(conclusion.report))
    report = loads((folder / "report.json").read_text())
    assert report["shadow"]["workflows_unexplained"] == 0
    assert report["shadow"]["recorded"] > 0
    assert report["shadow"]["forecasts"]
    assert len(report["shadow_rows"]) == report["shadow"]["workflows"]
    page = (folder / "report.html").read_text()
    assert 'id="shadow"' in page
    assert page.count("<details") < 50, "what may be long is packed and shown in parts"
    people = {name for (name,) in fetch(tidy.dsn, "SELECT email FROM leads WHERE email IS NOT NULL")}
    shown = "".join(
        f"{row['before']} {row['after']}" for item in report["shadow_rows"] for row in item["differences"]
    )
    assert not any(email in shown for email in people)
    taken_back = roll_back(
        phase, Scope(), dsn=tidy.dsn, execute=True, actor="test", reason="test", now=tidy.site.now
    ).to_json()  # fmt: skip
    assert taken_back
    assert fetch(tidy.dsn, "SELECT count(*) FROM atlas.shadow_workflows") == [(0,)]
    assert fetch(tidy.dsn, "SELECT count(*) FROM atlas.shadow_differences") == [(0,)]


def test_a_dry_run_compares_and_keeps_nothing(tidy: Crm) -> None:
    fetch(tidy.dsn, "DELETE FROM atlas.shadow_workflows")
    run = ShadowRun(tidy.site, uuid4(), Scope(), RunOptions(dry_run=True), persistent=False)
    assert run_shadow(run).workflows > 50
    assert fetch(tidy.dsn, "SELECT count(*) FROM atlas.shadow_workflows") == [(0,)]
    with tidy.site.connect("test", autocommit=True) as connection:
        assert {item.found for item in held_up(connection, None)} == {"never_compared"}
        assert not read_shadow(connection).is_there


def test_other_tenants_verdicts_are_hidden(messy: Crm) -> None:
    messy.shadow()
    with psycopg.connect(messy.dsn, autocommit=True) as connection:
        connection.execute("SET ROLE atlas_app")
        connection.execute("SELECT set_config('atlas.organization_id', %s, false)", [str(UUID(int=5))])
        for table in ("shadow_workflows", "shadow_differences"):
            assert connection.execute(f"SELECT count(*) FROM atlas.{table}").fetchone() == (0,)


def test_a_database_without_the_schema_is_told_what_to_do(dsn: str) -> None:
    shown = CliRunner().invoke(app, ["show", "--dsn", dsn])
    assert shown.exit_code != 0
    assert "no schema atlas" in str(shown.exception)


@pytest.mark.parametrize(("shape", "has_steps"), [("B", True), ("D", True), ("F", False)])
def test_every_kind_of_history_is_read(
    pg_server: EmbeddedServer, tmp_path: Path, shape: str, has_steps: bool
) -> None:
    dsn = clone_sample(pg_server, shape, workflows=40, executions=200, messy=False)
    try:
        migrate(dsn, tmp_path)
        tally = Crm(dsn, tmp_path).shadow()
    finally:
        pg_server.drop_database(dsn.rpartition("/")[2])
    assert tally.executions > 0
    assert (tally.recorded > 0) == has_steps
    assert (tally.unproven == tally.workflows) == (not has_steps)
    assert tally.reproduced >= 0.7 * tally.recorded
