"""A second phase on top of the first: its rollback leaves what the first one made, and none goes from under another."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, migrate, moving_phase
from plain_source import settings_at
from second_phase import MARKING, fail, interrupted, second_phase

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import ConfigurationError, DatabaseError, PhaseRefused
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.locks import driving
from atlas_workflows.migration.runs.outcome import RunResult
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.undo import Rollback
from atlas_workflows.site import Site

MADE = ("workflows", "workflow_versions", "workflow_executions", "workflow_execution_steps")
CHANGED = (
    "UPDATE workflows SET name = name || ' again' WHERE id = (SELECT id FROM workflows ORDER BY id LIMIT 1)"
)
NEW = "INSERT INTO workflows SELECT (jsonb_populate_record(w, jsonb_build_object('id', gen_random_uuid()))).* FROM workflows AS w"
SECRET = "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id, phase) SELECT gen_random_uuid(), id, 'x', 'k', %s FROM organizations"


@pytest.fixture
def sample(pg_server: EmbeddedServer, tmp_path: Path) -> Iterator[str]:
    """Phase 1 is applied; since then one row changed, one is new, and a workflow was made here."""
    dsn = clone_sample(pg_server, "A")
    migrate(dsn, tmp_path)
    [(migrated,)] = fetch(dsn, "SELECT source_id FROM atlas.workflows ORDER BY id LIMIT 1")
    fetch(dsn, CHANGED)
    fetch(dsn, f"{NEW} WHERE id = '{migrated}'")
    fetch(
        dsn,
        "INSERT INTO atlas.workflows (organization_id, name) SELECT organization_id, 'Born' FROM atlas.workflows LIMIT 1",
    )
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def drive(phase: Phase, dsn: str, home: Path) -> RunResult:
    return run_phase(phase, site=Site(dsn, settings_at(home)), options=OPTIONS)


def rows(dsn: str) -> dict[str, set[str]]:
    return {
        table: {key for (key,) in fetch(dsn, f"SELECT id::text FROM atlas.{table}")}
        for table in (*MADE, "secrets")
    }


def standing(dsn: str) -> dict[str, str]:
    return dict(fetch(dsn, "SELECT DISTINCT phase, status FROM atlas.organization_phases"))


def test_its_rollback_leaves_what_the_first_phase_made(sample: str, tmp_path: Path) -> None:
    before = rows(sample)
    assert drive(second_phase(), sample, tmp_path).status == "succeeded"
    fetch(sample, SECRET, "p2_core")
    new = rows(sample)["workflows"] - before["workflows"]
    assert len(new) == 1
    assert fetch(sample, "SELECT phase, count(*) FROM atlas.migration_ledger GROUP BY 1 ORDER BY 1")[1] == (
        "p2_core",
        1,
    )

    counted = roll_back(second_phase(), Scope(), dsn=sample)
    done = roll_back(second_phase(), Scope(), dsn=sample, execute=True)
    assert (counted.removed, counted.archived) == (done.removed, done.archived)
    assert (done.removed["workflows"], done.archived) == (1, {})
    assert done.removed["marks"] == done.removed["secrets"] > 1

    assert rows(sample) == before
    assert standing(sample) == {"p1_database": "applied", "p2_core": "rolled_back"}
    assert fetch(
        sample, "SELECT DISTINCT phase FROM atlas.migration_ledger WHERE rolled_back_at IS NOT NULL"
    ) == [("p2_core",)]
    assert fetch(sample, "SELECT count(*) FROM pg_trigger WHERE tgname = 'atlas_capture'")[0][0] > 1
    renamed = "SELECT count(*) FROM atlas.workflows WHERE name LIKE '%% again'".replace("%%", "%")
    assert fetch(sample, renamed) == [(1,)]


def test_after_it_the_first_phase_takes_up_what_went_with_it(sample: str, tmp_path: Path) -> None:
    drive(second_phase(), sample, tmp_path)
    roll_back(second_phase(), Scope(), dsn=sample, execute=True)
    migrate(sample, tmp_path)
    assert fetch(sample, "SELECT DISTINCT phase, rolled_back_at FROM atlas.migration_ledger") == [
        ("p1_database", None)
    ]


def test_the_first_phase_stays_while_the_second_stands(sample: str, tmp_path: Path) -> None:
    drive(second_phase(), sample, tmp_path)
    with pytest.raises(PhaseRefused, match=r"p2_core for \d+ organizations") as refused:
        roll_back(moving_phase(), Scope(), dsn=sample, execute=True)
    assert refused.value.remedy == "Roll back p2_core first."
    roll_back(second_phase(), Scope(), dsn=sample, execute=True)
    done = roll_back(moving_phase(), Scope(), dsn=sample, execute=True)
    assert rows(sample) == {table: set() for table in (*MADE, "secrets")}
    assert done.archived == {"workflows": 1}
    assert fetch(
        sample, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'atlas_capture%%'".replace("%%", "%")
    ) == [(0,)]


def test_the_first_phase_stays_while_a_run_of_the_second_did_not_end(sample: str, tmp_path: Path) -> None:
    broken = second_phase("mark", "finish", mark=replace(MARKING, run=fail))
    assert drive(broken, sample, tmp_path).exit_code == 1
    with pytest.raises(PhaseRefused, match="a run of p2_core is failed"):
        roll_back(moving_phase(), Scope(), dsn=sample)
    fetch(sample, "CREATE TABLE atlas.marks (organization_id uuid)")
    roll_back(broken, Scope(), dsn=sample, execute=True)
    assert roll_back(moving_phase(), Scope(), dsn=sample).removed


def terminate(rollback: Rollback) -> None:
    rollback.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def complain(_rollback: Rollback) -> None:
    raise DatabaseError("The disk is full.", remedy="Make room.")


@pytest.mark.parametrize("how", [terminate, complain])
def test_an_interrupted_rollback_leaves_nothing_half_done(sample: str, tmp_path: Path, how: Any) -> None:
    drive(second_phase(), sample, tmp_path)
    before, marks = atlas_state(sample), fetch(sample, "SELECT count(*) FROM atlas.marks")
    with pytest.raises(Exception, match=r"terminat|disk is full"):
        roll_back(interrupted(second_phase(), how), Scope(), dsn=sample, execute=True)
    assert differences(before, atlas_state(sample)) == {}
    assert fetch(sample, "SELECT count(*) FROM atlas.marks") == marks
    assert standing(sample) == {"p1_database": "applied", "p2_core": "applied"}
    assert roll_back(second_phase(), Scope(), dsn=sample, execute=True).removed["workflows"] == 1


def test_a_phase_without_backfill_is_continued_where_its_step_allows_it(sample: str, tmp_path: Path) -> None:
    def phase(continues: bool, works: bool) -> Phase:
        kind = (
            replace(MARKING, continues=continues)
            if works
            else replace(MARKING, continues=continues, run=fail)
        )
        return second_phase("mark", "finish", mark=kind)

    failed = drive(phase(True, False), sample, tmp_path)
    assert (failed.status, failed.problem) == ("failed", "It went wrong.")
    again = drive(phase(True, False), sample, tmp_path)
    assert again.run_id == failed.run_id
    anew = drive(phase(False, True), sample, tmp_path)
    assert anew.run_id != failed.run_id
    assert anew.status == "succeeded"


def test_a_run_recorded_with_a_step_that_is_gone_starts_anew(sample: str, tmp_path: Path) -> None:
    failed = drive(second_phase("mark", "finish", mark=replace(MARKING, run=fail)), sample, tmp_path)
    fetch(sample, "UPDATE atlas.phase_run_steps SET kind = 'brand' WHERE kind = 'mark'")
    ended = drive(second_phase("mark", "finish"), sample, tmp_path)
    assert ended.run_id != failed.run_id
    assert ended.status == "succeeded"


def test_nobody_takes_a_phase_away_while_another_is_driven_on_it(sample: str) -> None:
    with connect(sample, application_name="test", autocommit=True) as connection:
        with (
            driving(connection, second_phase()),
            pytest.raises(PhaseRefused, match="at work on phase p1_database"),
        ):
            roll_back(moving_phase(), Scope(), dsn=sample)
        assert roll_back(moving_phase(), Scope(), dsn=sample).removed


def test_a_missing_suite_is_named_before_anything_is_made(sample: str, tmp_path: Path) -> None:
    runs = fetch(sample, "SELECT count(*) FROM atlas.phase_runs")
    unsuited = second_phase("mark", "finish", mark=replace(MARKING, suite="nowhere"))
    with pytest.raises(ConfigurationError, match=r"p2_core_nowhere\.json is missing"):
        drive(unsuited, sample, tmp_path)
    assert fetch(sample, "SELECT count(*) FROM atlas.phase_runs") == runs
