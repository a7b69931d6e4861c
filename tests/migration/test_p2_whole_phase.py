"""Phases 1, 2 and 4 with every step they have, rehearsed on a copy before: what they take over, and that their rollbacks give it back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from atlas_state import atlas_state, differences
from cut_over import NO_WATCH, sign_some
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch
from plain_source import settings_at

from atlas_workflows.cli.app import load_command
from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.controls import approve_run
from atlas_workflows.migration.runs.outcome import conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.site import Site
from packed_rows import packed

LEGACY = "SELECT id::text, to_jsonb(w) - 'updated_at' FROM public.workflows AS w ORDER BY 1"
COPIES = "SELECT datname FROM pg_database WHERE datname LIKE 'atlas\\_scratch\\_game%'"
# As people ask for it: a rehearsal too, which this phase has none of.
BACKED_UP = replace(NO_WATCH, backup=True, rehearse=True)
OWNERS = "SELECT owner, count(*) FROM atlas.workflows GROUP BY 1 ORDER BY 1"


@pytest.fixture(scope="module")
def site(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A sample to which all of phase 1 is applied, signed."""
    dsn = clone_sample(pg_server, "A", messy=False, workflows=96, executions=200)
    found = Site(dsn, settings_at(tmp_path_factory.mktemp("p2")))
    first = run_phase(phase_named("p1"), found, options=OPTIONS)
    assert first.status == "succeeded", first.problem
    sign_some(dsn)
    yield found
    pg_server.drop_database(dsn.rpartition("/")[2])


def test_a_game_day_loses_nothing_and_leaves_the_database_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(site.settings.home))
    monkeypatch.setenv("ATLAS_SECRET_KEYS", ",".join(site.settings.secret_keys))
    before = fetch(site.dsn, LEGACY), atlas_state(site.dsn)
    with pytest.raises(SystemExit) as ended:
        load_command("game-day").main(
            ["--by", "Ada", "--kills", "2", "--seed", "7", "--dsn", site.dsn, "--json"], standalone_mode=False
        )
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["problems"], told["ok"]) == (0, [], True), told
    assert (told["kills"], told["workers_ended_by_themselves"]) == (2, 0)
    assert list(told["minutes"]) == ["backup", "restore", "cutover", "live", "rest", "rollback", "after"]
    effects = told["effects"]
    assert effects["delivered"] > 0
    assert (effects["twice"], effects["lost"], effects["unsaid"]) == (0, 0, 0)
    assert told["back"]["given_back"]["workflows_given_back"] > 1
    assert fetch(site.dsn, LEGACY) == before[0]
    assert differences(before[1], atlas_state(site.dsn)) == {}
    with psycopg.connect(site.dsn) as connection:
        assert connection.execute(COPIES).fetchall() == []


def test_every_step_of_all_phases_passes_and_the_later_ones_are_taken_back(site: Site) -> None:
    before = fetch(site.dsn, LEGACY)

    phase = phase_named("p2")
    ended = run_phase(phase, site, options=BACKED_UP)
    assert ended.status == "succeeded", (ended.problem, ended.steps)
    assert list(ended.steps) == list(phase.steps)
    backup = ended.steps["backup"]
    assert backup is not None
    assert backup.summary["proof"]["passed"], "no rehearsal restores it, so the step itself does"
    said = conclude(ended, phase, Scope(), BACKED_UP, site)
    taken = fetch(site.dsn, "SELECT count(*) FROM atlas.workflows WHERE owner = 'atlas_enhanced'")
    assert said.owners["atlas_enhanced"]["ready"] == taken[0][0] > 1
    assert said.owners.get("legacy_app", {}).keys() <= {"unsigned", "off_here", "unsupported"}, (
        "all were compared"
    )

    with_its_schedules(site)
    with pytest.raises(PhaseRefused, match="p4_advanced for"):
        roll_back(phase, Scope(), dsn=site.dsn)
    given = roll_back(phase_named("p4"), Scope(), dsn=site.dsn, execute=True, actor="ana", reason="trial")
    assert given.given_back["schedules_stopped"] > 0

    counted = roll_back(phase, Scope(), dsn=site.dsn)
    done = roll_back(phase, Scope(), dsn=site.dsn, execute=True, actor="ana", reason="trial")
    assert (counted.removed, counted.given_back) == (done.removed, done.given_back)
    assert done.given_back["workflows_given_back"] == taken[0][0]
    assert fetch(site.dsn, LEGACY) == before
    assert [owner for owner, _ in fetch(site.dsn, OWNERS)] == ["legacy_app"]


def with_its_schedules(site: Site) -> None:
    """Every step of phase 4, with somebody who looks through the list first."""
    phase, asked = phase_named("p4"), replace(BACKED_UP, require_approval=True)
    waits = run_phase(phase, site, options=asked)
    assert waits.status == "waiting", (waits.problem, waits.steps)
    assert fetch(site.dsn, "SELECT count(*) FROM atlas.flag_overrides") == [(0,)]
    with connect(site.dsn, application_name="test", autocommit=True) as connection:
        approve_run(connection, waits.run_id, "ben", "looked through the list")
    ended = run_phase(phase, site, options=asked)
    assert ended.status == "succeeded", (ended.problem, ended.steps)
    assert (ended.run_id, list(ended.steps)) == (waits.run_id, list(phase.steps))
    folder = Path(conclude(ended, phase, Scope(), asked, site).report)
    report = json.loads((folder / "report.json").read_text())
    rows = report["schedule_rows"]
    assert len(rows) == report["schedules"]["schedules"] > 0
    woken = [row for row in rows if row["standing"] == "wakes_up"]
    assert woken
    assert all(row["after"]["timezone"] and row["after"]["words"] and row["activated_at"] for row in woken)
    assert all(row["before"]["executed"] == [] for row in woken), "the old application never fired them"
    page = (folder / "report.html").read_text()
    assert 'id="schedules"' in page
    assert woken[0]["after"]["words"] in {row["after"]["words"] for row in packed(page, "scheduled")}
    assert all(row["name"] and row["owner"] for row in packed(page) if row["outcome"] != "quarantined")
    assert {row["owner"] for row in packed(page) if "owner" in row} >= {"atlas_enhanced"}
    assert report["certificates"]
    assert all((folder / item["file"]).is_file() for item in report["certificates"]), (
        "those of phase 1, which moved"
    )
    assert all(rule["why"] and rule["batch"] for rule in report["validation"])
    assert all(
        (folder / rule["failing_keys"]).is_file() for rule in report["validation"] if rule["first_keys"]
    )
