"""Key rotation: everything comes under the new key, killed or not, and nothing that is proved by hashes changes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from atlas_state import atlas_state, differences
from cryptography.fernet import Fernet, InvalidToken
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, moving_phase

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import ConfigurationError, PhaseRefused
from atlas_workflows.migration.phases import all_phases
from atlas_workflows.migration.runs.locks import phase_lock, phases_locked
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.secrets.rotation import Rotated, rotate_keys
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Progress, Site

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SEALED = (
    "SELECT sealed FROM atlas.secrets UNION ALL SELECT sealed FROM atlas.originals WHERE sealed IS NOT NULL"
)


@pytest.fixture
def sealed_crm(pg_server: EmbeddedServer, tmp_path: Path) -> Iterator[str]:
    """A migrated sample whose secrets lie under the old key."""
    dsn = clone_sample(pg_server, "A")
    move(dsn, tmp_path, OLD)
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def move(dsn: str, home: Path, *keys: str) -> None:
    settings = replace(load_settings({}), home=home, secret_keys=keys)
    assert run_phase(moving_phase(), site=Site(dsn, settings), options=OPTIONS).status == "succeeded"


def opened_by(dsn: str, key: str) -> list[bytes]:
    """The texts that this key alone opens."""
    texts = []
    for (token,) in fetch(dsn, SEALED):
        try:
            texts.append(Fernet(key).decrypt(bytes(token)))
        except InvalidToken:
            continue
    return sorted(texts)


def rotated(dsn: str, keys: tuple[str, ...], **options: Any) -> Mapping[str, Rotated]:
    """As the command does it: alone, on a session of its own."""
    with (
        connect(dsn, application_name="test", autocommit=True) as connection,
        phases_locked(connection, all_phases()),
    ):
        return rotate_keys(connection, keys, actor="ana", **options)


def test_everything_comes_under_the_new_key_and_no_hash_changes(sealed_crm: str, tmp_path: Path) -> None:
    texts, before = opened_by(sealed_crm, OLD), atlas_state(sealed_crm)
    total = len(fetch(sealed_crm, SEALED))
    assert len(texts) == total >= 10

    counted = rotated(sealed_crm, (NEW, OLD), dry_run=True)
    assert sum(item.resealed for item in counted.values()) == total
    assert opened_by(sealed_crm, NEW) == []

    done = rotated(sealed_crm, (NEW, OLD), batch_rows=7)
    assert done == counted
    assert opened_by(sealed_crm, NEW) == texts
    assert opened_by(sealed_crm, OLD) == []
    after = atlas_state(sealed_crm)
    assert set(differences(before, after)) == {"secrets"}  # key_id and rotated_at
    assert fetch(
        sealed_crm, "SELECT count(DISTINCT key_id), bool_and(rotated_at IS NOT NULL) FROM atlas.secrets"
    ) == [(1, True)]
    assert fetch(sealed_crm, "SELECT actor FROM atlas.audit_log WHERE action = 'rotate_keys'") == [("ana",)]
    again = rotated(sealed_crm, (NEW, OLD))
    assert [(item.resealed, item.unopened) for item in again.values()] == [(0, 0), (0, 0)]
    # A further run of the phase finds every row as the ledger says.
    writes = "SELECT count(*) FROM atlas.originals WHERE updated_run <> first_seen_run"
    move(sealed_crm, tmp_path, NEW, OLD)
    assert fetch(sealed_crm, writes) == [(0,)]


def test_stopped_in_the_middle_it_goes_on(sealed_crm: str) -> None:
    total = len(fetch(sealed_crm, SEALED))

    def stop(progress: Progress) -> None:
        if progress.subject == "originals" and progress.done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotated(sealed_crm, (NEW, OLD), batch_rows=2, progress=stop)
    done_before = len(opened_by(sealed_crm, NEW))
    assert 0 < done_before < total
    rest = rotated(sealed_crm, (NEW, OLD), batch_rows=5)
    assert sum(item.resealed for item in rest.values()) == total - done_before
    assert sum(item.current for item in rest.values()) == done_before
    assert len(opened_by(sealed_crm, NEW)) == total


def test_a_new_key_in_the_wrong_place_is_refused(sealed_crm: str) -> None:
    other = Fernet.generate_key().decode()
    with pytest.raises(ConfigurationError, match="last key"):
        rotated(sealed_crm, (other, OLD, NEW))


def test_it_waits_for_no_phase_but_refuses_beside_one(sealed_crm: str) -> None:
    with (
        connect(sealed_crm, application_name="test", autocommit=True) as other,
        phase_lock(other, moving_phase().name),
        pytest.raises(PhaseRefused, match="at work"),
    ):
        rotated(sealed_crm, (NEW, OLD))
    assert opened_by(sealed_crm, NEW) == []


def test_the_command_counts_and_names_what_no_key_opens(sealed_crm: str, tmp_path: Path) -> None:
    def command(*keys: str) -> tuple[int, dict[str, Any], str]:
        env = os.environ | {"ATLAS_SECRET_KEYS": ",".join(keys), "ATLAS_HOME": str(tmp_path)}
        done = subprocess.run(
            [Path(sys.executable).with_name("atlas"), "secrets", "rotate", "--by", "Ada", "--json", "--dsn", sealed_crm],
            env=env, text=True, capture_output=True,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout), done.stderr

    secrets = len(fetch(sealed_crm, "SELECT 1 FROM atlas.secrets"))
    status, said, complaint = command(NEW)
    assert (status, said["secrets"]["resealed"], said["secrets"]["unopened"]) == (1, 0, secrets)
    assert "No key in force opens" in complaint
    assert NEW not in complaint
    status, said, _ = command(NEW, OLD)
    assert (status, said["secrets"]["resealed"], said["secrets"]["unopened"]) == (0, secrets, 0)
    assert said["originals"]["resealed"] > 0


def test_what_a_lost_key_sealed_is_written_anew_from_the_source(sealed_crm: str, tmp_path: Path) -> None:
    """As the runbook says: delete what cannot be opened, run the phase again under the keys that are left."""
    newest = Fernet.generate_key().decode()
    texts = opened_by(sealed_crm, OLD)
    rotated(sealed_crm, (NEW, OLD))
    fetch(sealed_crm, "DELETE FROM atlas.secrets")
    fetch(sealed_crm, "DELETE FROM atlas.originals WHERE sealed IS NOT NULL")
    move(sealed_crm, tmp_path, newest, OLD)
    assert opened_by(sealed_crm, newest) == texts
