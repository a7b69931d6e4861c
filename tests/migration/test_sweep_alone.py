"""A sweep that is run alone finds what no trigger saw, and leaves our side as a whole run would."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from atlas_state import atlas_state, differences
from legacy_samples import clone_sample
from moving_phase import fetch, migrate, moving_phase
from plain_source import KEY, settings_at

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.movement.sweep_alone import sweep_phase
from atlas_workflows.migration.runs.locks import phase_lock
from atlas_workflows.site import Site

UNSEEN = """
SET session_replication_role = replica;
UPDATE workflows SET name = name || ' unseen' WHERE id IN (SELECT id FROM workflows ORDER BY md5(id::text) LIMIT 7);
DELETE FROM workflow_executions WHERE id IN (SELECT id FROM workflow_executions ORDER BY md5(id::text) LIMIT 9);
UPDATE workflow_executions SET status = 'failed'
    WHERE id IN (SELECT id FROM workflow_executions WHERE status <> 'failed' ORDER BY md5('x' || id::text) LIMIT 11);
"""


@pytest.fixture
def sample(pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, "A")
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def write_unseen(dsn: str) -> None:
    """What a restore or a replicated session does: no trigger of ours fires, not even an ALWAYS one, while it is off."""
    for table in ("workflows", "workflow_executions"):
        fetch(dsn, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    fetch(dsn, UNSEEN)
    for table in ("workflows", "workflow_executions"):
        fetch(dsn, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER atlas_capture")


def test_a_sweep_takes_up_what_no_trigger_saw(pg_server: EmbeddedServer, sample: str, tmp_path: Path) -> None:
    other = clone_sample(pg_server, "A")
    for dsn in (sample, other):
        migrate(dsn, tmp_path)
        write_unseen(dsn)
    assert fetch(sample, "SELECT count(*) FROM atlas.captured_changes") == [(0,)]
    swept = sweep_phase(moving_phase(), site=Site(sample, settings_at(tmp_path)), actor="ana")
    assert swept.tables["workflows"].written == 7
    assert swept.tables["workflow_executions"].written == 11
    assert swept.removed == 9
    assert fetch(sample, "SELECT actor FROM atlas.audit_log WHERE action = 'sweep_phase'") == [("ana",)]
    migrate(other, tmp_path)
    assert differences(atlas_state(other, times=False), atlas_state(sample, times=False)) == {}
    again = sweep_phase(moving_phase(), site=Site(sample, settings_at(tmp_path)), actor="ana")
    assert [item.written for item in again.tables.values()] == [0] * len(again.tables)
    assert again.removed == 0


def test_without_a_finished_run_there_is_nothing_to_sweep(sample: str, tmp_path: Path) -> None:
    with pytest.raises(PhaseRefused, match="was never run here"):
        sweep_phase(moving_phase(), site=Site(sample, settings_at(tmp_path)), actor="ana")
    migrate(sample, tmp_path)
    fetch(sample, "UPDATE atlas.phase_runs SET status = 'paused'")
    with pytest.raises(PhaseRefused, match="is paused"):
        sweep_phase(moving_phase(), site=Site(sample, settings_at(tmp_path)), actor="ana")


def test_the_command_sweeps_but_not_beside_a_run(sample: str, tmp_path: Path) -> None:
    migrate(sample, tmp_path)
    command = [Path(sys.executable).with_name("atlas"), "migrate", "sweep", "p1", "--json", "--dsn", sample]
    env = os.environ | {"ATLAS_SECRET_KEYS": KEY, "ATLAS_HOME": str(tmp_path)}
    with (
        connect(sample, application_name="test", autocommit=True) as other,
        phase_lock(other, moving_phase().name),
    ):
        refused = subprocess.run(command, env=env, text=True, capture_output=True)
        assert refused.returncode == 1
        assert "Another process is at work" in refused.stderr
    fetch(
        sample, "UPDATE workflows SET name = 'renamed' WHERE id = (SELECT min(id::text)::uuid FROM workflows)"
    )
    done = subprocess.run(command, env=env, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["tables"]["workflows"]["written"] == 1
    assert said["tables"]["workflows"]["rows"] == fetch(sample, "SELECT count(*) FROM workflows")[0][0]
