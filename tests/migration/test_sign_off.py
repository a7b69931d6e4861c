"""Signing changes of meaning: code by code, bound to the source as it was, kept through a rollback."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch, migrate, moving_phase
from plain_source import new_context
from psycopg.errors import LockNotAvailable

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import InputError
from atlas_workflows.migration.ledger.fingerprint import original_content
from atlas_workflows.migration.ledger.inputs import DIGESTED, plain_hash, tenancy_facts
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.source import whole_table
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.store.sign_offs import Awaiting, Signed, read_awaiting, sign, sign_for_all


@pytest.fixture
def sample(pg_server: EmbeddedServer, tmp_path: Path) -> Iterator[str]:
    dsn = clone_sample(pg_server, "A")
    migrate(dsn, tmp_path)
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def awaiting(dsn: str) -> Awaiting:
    """A workflow that would be active once signed."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        waiting = [item for item in read_awaiting(connection) if item.intended_status == "active"]
    assert waiting
    return max(waiting, key=lambda item: (len(item.codes), item.workflow_id))


def signed(dsn: str, workflow: str, *codes: str) -> Signed:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        return sign(connection, workflow, codes, by="Ada", reason="members were told")


def status(dsn: str, workflow: str) -> tuple[str, bool]:
    [row] = fetch(dsn, "SELECT status, awaiting_sign_off FROM atlas.workflows WHERE id = %s", workflow)
    return row[0], row[1]


def test_it_stays_inactive_until_every_code_is_signed(sample: str) -> None:
    waiting = awaiting(sample)
    assert status(sample, waiting.workflow_id) == ("paused", True)
    for code in waiting.codes[:-1]:
        assert signed(sample, waiting.workflow_id, code).outstanding
        assert status(sample, waiting.workflow_id) == ("paused", True)
    assert signed(sample, waiting.workflow_id, waiting.codes[-1]).outstanding == ()
    assert status(sample, waiting.workflow_id) == ("active", False)
    trail = fetch(sample, "SELECT actor, reason FROM atlas.audit_log WHERE action = 'sign_off' ORDER BY id")
    assert trail == [("Ada", f"{code}: members were told") for code in waiting.codes]


def test_signing_twice_writes_one_signature(sample: str) -> None:
    waiting = awaiting(sample)
    signed(sample, waiting.workflow_id)
    signed(sample, waiting.workflow_id, waiting.codes[0])
    assert fetch(sample, "SELECT count(*) FROM atlas.sign_offs") == [(len(waiting.codes),)]


def test_whoever_signs_the_last_code_sees_what_another_has_just_signed(sample: str) -> None:
    waiting = awaiting(sample)
    *first, last = waiting.codes
    assert first
    with (
        connect(sample, application_name="test", autocommit=True) as one,
        connect(sample, application_name="test", autocommit=True) as other,
    ):
        other.execute("SET lock_timeout = '100ms'")
        with one.transaction():
            sign(one, waiting.workflow_id, first, by="Ada", reason="members were told")
            with pytest.raises(LockNotAvailable):
                sign(other, waiting.workflow_id, [last], by="Eve", reason="members were told")
        found = sign(other, waiting.workflow_id, [last], by="Eve", reason="members were told")
    assert (found.outstanding, found.status) == ((), "active")


def test_a_changed_source_voids_the_signature(sample: str, tmp_path: Path) -> None:
    waiting = awaiting(sample)
    signed(sample, waiting.workflow_id)
    fetch(sample, "UPDATE workflows SET name = name || ' 2' WHERE id = %s", waiting.workflow_id)
    migrate(sample, tmp_path)
    assert status(sample, waiting.workflow_id) == ("paused", True)
    assert fetch(sample, "SELECT DISTINCT void_reason FROM atlas.sign_offs") == [("the source changed",)]


def test_a_signature_survives_another_run_and_a_rollback(sample: str, tmp_path: Path) -> None:
    waiting = awaiting(sample)
    signed(sample, waiting.workflow_id)
    migrate(sample, tmp_path)
    assert status(sample, waiting.workflow_id) == ("active", False)
    roll_back(moving_phase(), Scope(), dsn=sample, execute=True)
    migrate(sample, tmp_path)
    assert status(sample, waiting.workflow_id) == ("active", False)
    assert fetch(sample, "SELECT count(*) FROM atlas.sign_offs WHERE voided_at IS NOT NULL") == [(0,)]


def as_version_10_left_it(dsn: str, home: Path) -> dict[str, int]:
    """Have the ledger hold what that version hashed of each row: the original itself, of history too. How many rows, by table."""
    left: dict[str, int] = Counter()
    with at_work(new_context(dsn, home)) as worker:
        for table in worker.source.tables:
            for batch in whole_table(worker.reader, worker.source, table, OPTIONS):
                for row in batch.rows:
                    lines = ["translation 10", original_content(row.columns)]
                    for name in sorted(row.side):
                        lines += [name, *(original_content(member) for member in row.side[name])]
                    payload = "\n".join([*lines, *sorted(set(tenancy_facts(row, worker.source.tenancy)))])
                    given = {"table": row.table, "id": row.id, "keyed": worker.sealer.hmac(payload), "plain": plain_hash(payload)}  # fmt: skip
                    left[row.table] += worker.writer.execute(AS_BEFORE, given).rowcount
    return left


AS_BEFORE = """
UPDATE atlas.migration_ledger SET inputs_hash = CASE WHEN inputs_hash LIKE 'sha256:%%' THEN %(plain)s ELSE %(keyed)s END
WHERE source_table = %(table)s AND source_id = %(id)s
"""


def test_no_signature_is_void_for_a_ledger_that_version_10_wrote(sample: str, tmp_path: Path) -> None:
    waiting = awaiting(sample)
    signed(sample, waiting.workflow_id)
    hashes = "SELECT source_table || source_id, inputs_hash FROM atlas.migration_ledger"
    now = dict(fetch(sample, hashes))
    left = as_version_10_left_it(sample, tmp_path)
    assert left["workflows"] > 0
    before = dict(fetch(sample, hashes))
    changed = {key for key in now if before[key] != now[key]}
    assert len(changed) == sum(rows for table, rows in left.items() if table in DIGESTED) > 0
    migrate(sample, tmp_path)
    assert dict(fetch(sample, hashes)) == now
    assert status(sample, waiting.workflow_id) == ("active", False)
    assert fetch(sample, "SELECT count(*) FROM atlas.sign_offs WHERE voided_at IS NOT NULL") == [(0,)]


def test_one_code_is_signed_for_all_workflows_of_an_organization(sample: str) -> None:
    code = "TEXT_WAS_NOT_FILLED"
    with connect(sample, application_name="test", autocommit=True) as connection:
        waiting = [item for item in read_awaiting(connection) if code in item.outstanding]
        gym = waiting[0].organization_id
        given = {"by": "Ada", "reason": "members were told"}
        found = sign_for_all(connection, gym, [code], **given)
        assert {item.workflow_id for item in found} == {
            item.workflow_id for item in waiting if item.organization_id == gym
        }
        assert all(item.codes == (code,) for item in found)
        assert len(waiting) > len(found) > 1
        left = [item for item in read_awaiting(connection) if code in item.outstanding]
        assert {item.organization_id for item in left} == {item.organization_id for item in waiting} - {gym}
        for codes, said in (((), "No code is named"), ((code,), "waits for")):
            with pytest.raises(InputError, match=said):
                sign_for_all(connection, gym, codes, **given)


def test_clear_refusals(sample: str) -> None:
    waiting = awaiting(sample)
    with pytest.raises(InputError, match="no change NO_SUCH_CODE"):
        signed(sample, waiting.workflow_id, "NO_SUCH_CODE")
    with pytest.raises(InputError, match="no workflow id"):
        signed(sample, "seven")
    with pytest.raises(InputError, match="no migrated workflow"):
        signed(sample, "00000000-0000-0000-0000-000000000001")
