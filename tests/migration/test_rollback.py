"""Rollback takes back what the phase made and nothing else, and applying again leads where it would have led."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from moving_phase import fetch, migrate, moving_phase

from atlas_workflows.db.schema import downgrade, upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RollbackRequest, Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.taken_back import roll_back_and_report
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site

TOUCH_OFF = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = 'workflows'::regclass AND NOT tgisinternal AND tgname NOT LIKE 'atlas%%'
    LOOP EXECUTE format('ALTER TABLE workflows DISABLE TRIGGER %%I', name); END LOOP;
END $$
"""
WRITES = """
UPDATE workflows SET name = name || ' again', updated_at = updated_at + interval '1 day'
    WHERE id IN (SELECT id FROM workflows ORDER BY md5(id::text) LIMIT 12);
DELETE FROM workflow_executions WHERE id IN (SELECT id FROM workflow_executions ORDER BY md5(id::text) LIMIT 25);
UPDATE workflow_executions SET status = 'failed'
    WHERE id IN (SELECT id FROM workflow_executions ORDER BY md5('x' || id::text) LIMIT 25);
DELETE FROM workflows WHERE id IN (SELECT id FROM workflows ORDER BY md5('y' || id::text) LIMIT 3)
"""


def write_at_random(dsn: str) -> None:
    """What the old application might do; the same on every copy of the sample, so nothing is dated now."""
    fetch(dsn, TOUCH_OFF.replace("%%", "%"))
    fetch(dsn, WRITES)


@pytest.fixture
def sample(pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, "A")
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def test_the_default_only_counts(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    before = atlas_state(sample)
    counted = roll_back(moving_phase(), Scope(), dsn=sample)
    assert not counted.executed
    assert counted.removed["workflows"] == len(before["workflows"])
    assert differences(before, atlas_state(sample)) == {}


def test_counting_says_what_executing_does(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    fetch(sample, "INSERT INTO atlas.workflows (organization_id, name) SELECT id, 'Born' FROM organizations")
    fetch(
        sample,
        "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id) SELECT gen_random_uuid(), id, 'x', 'k' FROM organizations",
    )
    fetch(sample, "UPDATE atlas.workflows SET name = 'Edited', revision = 2 WHERE md5(id::text) < '4'")
    [(organization,)] = fetch(
        sample,
        "SELECT organization_id::text FROM atlas.workflows GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    for scope in (Scope((organization,)), Scope(percent=50), Scope()):
        counted = roll_back(moving_phase(), scope, dsn=sample)
        done = roll_back(moving_phase(), scope, dsn=sample, execute=True)
        assert (counted.removed, counted.archived) == (done.removed, done.archived)
        if scope.percent is None:
            assert done.archived["workflows"] < done.removed["workflows"]
            assert done.removed["secrets"]


def test_a_schema_that_does_not_know_lineage_yet_is_brought_up_first(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    secrets = fetch(sample, "SELECT count(*) FROM atlas.secrets")
    downgrade(sample, "0007")
    with pytest.raises(PhaseRefused, match="revision 0007") as refused:
        roll_back(moving_phase(), Scope(), dsn=sample)
    assert "atlas schema upgrade" in refused.value.remedy
    upgrade(sample)
    assert fetch(sample, "SELECT count(*) FROM atlas.secrets WHERE phase = 'p1_database'") == secrets
    assert roll_back(moving_phase(), Scope(), dsn=sample).removed["secrets"] == secrets[0][0]


def test_everything_made_is_gone_and_what_people_decided_stays(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    legacy = fetch(sample, "SELECT count(*), sum(hashtext(w::text)) FROM workflows AS w")
    ledger = fetch(sample, "SELECT count(*) FROM atlas.migration_ledger")
    consents = fetch(sample, "SELECT count(*) FROM atlas.consents")
    audit = fetch(sample, "SELECT count(*) FROM atlas.audit_log")[0][0]
    [(organization,)] = fetch(sample, "SELECT organization_id FROM atlas.workflows LIMIT 1")
    fetch(
        sample, "INSERT INTO atlas.workflows (organization_id, name) VALUES (%s, 'Born here')", organization
    )
    [(edited,)] = fetch(
        sample,
        "UPDATE atlas.workflows SET name = 'Edited here', revision = revision + 1"
        " WHERE id = (SELECT id FROM atlas.workflows WHERE source_id IS NOT NULL ORDER BY id LIMIT 1) RETURNING id::text",
    )
    done = roll_back(moving_phase(), Scope(), dsn=sample, execute=True, actor="me", reason="trial")
    assert done.executed
    for table in (
        "workflows",
        "workflow_versions",
        "workflow_executions",
        "workflow_execution_steps",
        "secrets",
    ):
        assert fetch(sample, f"SELECT count(*) FROM atlas.{table}") == [(0,)]
    kept = fetch(sample, "SELECT row_id, \"row\" ->> 'name', reason FROM atlas.archive ORDER BY reason")
    assert [item[1] for item in kept] == ["Born here", "Edited here"]
    assert kept[1][0] == edited
    assert (
        fetch(sample, "SELECT count(*) FROM atlas.migration_ledger WHERE rolled_back_at IS NOT NULL")
        == ledger
    )
    assert fetch(sample, "SELECT count(*) FROM atlas.consents") == consents
    assert fetch(sample, "SELECT count(*) FROM atlas.audit_log")[0][0] == audit + 1
    assert fetch(sample, "SELECT count(*), sum(hashtext(w::text)) FROM workflows AS w") == legacy
    assert fetch(sample, "SELECT DISTINCT status FROM atlas.organization_phases") == [("rolled_back",)]
    assert fetch(sample, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'atlas_capture%%'") == [(0,)]


def test_apply_writes_rollback_apply_equals_apply_and_the_same_writes(
    sample: str, pg_server: EmbeddedServer, tmp_path: Path
) -> None:
    migrate(sample, tmp_path)
    write_at_random(sample)
    roll_back(moving_phase(), Scope(), dsn=sample, execute=True)
    migrate(sample, tmp_path)
    other = clone_sample(pg_server, "A")
    migrate(other, tmp_path)
    write_at_random(other)
    migrate(other, tmp_path)
    assert differences(atlas_state(other, times=False), atlas_state(sample, times=False)) == {}


def test_one_organization_goes_and_its_neighbours_stay(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    [(first,), *_] = fetch(
        sample, "SELECT organization_id::text FROM atlas.workflows GROUP BY 1 ORDER BY count(*) DESC, 1"
    )
    others = fetch(
        sample, "SELECT id, xmin::text FROM atlas.workflows WHERE organization_id <> %s ORDER BY 1", first
    )
    roll_back(moving_phase(), Scope((first,)), dsn=sample, execute=True)
    assert fetch(sample, "SELECT id, xmin::text FROM atlas.workflows ORDER BY 1") == others
    assert fetch(
        sample, "SELECT organization_id::text FROM atlas.organization_phases WHERE status = 'rolled_back'"
    ) == [(first,)]
    assert fetch(sample, "SELECT count(*) > 0 FROM pg_trigger WHERE tgname = 'atlas_capture'") == [(True,)]


def test_refused_while_a_later_phase_stands(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    [(first,), (second,), *_] = fetch(
        sample, "SELECT organization_id::text FROM atlas.organization_phases ORDER BY 1"
    )
    fetch(
        sample,
        "INSERT INTO atlas.organization_phases (organization_id, phase, status) VALUES (%s, 'p2_core', 'applied')",
        first,
    )
    with pytest.raises(PhaseRefused, match="p2_core for 1 organizations"):
        roll_back(moving_phase(), Scope(), dsn=sample, execute=True)
    assert roll_back(moving_phase(), Scope((second,)), dsn=sample).removed


def test_one_that_no_error_of_ours_ends_is_listed_as_failed(sample: str, tmp_path: Path) -> None:
    """A table that somebody dropped: what the database says is neither hidden nor taken for a rollback."""
    upgrade(sample)
    with psycopg.connect(sample, autocommit=True) as connection:
        connection.execute("DROP TABLE atlas.organization_phases CASCADE")
    site = Site(sample, replace(load_settings({}), home=tmp_path))
    asked = RollbackRequest.read({"phase": "p1"})
    with pytest.raises(psycopg.errors.UndefinedTable):
        roll_back_and_report(phase_named("p1"), asked, site, actor="ada")
    [note] = tmp_path.glob("reports/*/run.json")
    found = json.loads(note.read_text())
    assert (found["status"], found["exit_code"]) == ("failed", 1)
    assert "organization_phases" in found["problem"]
