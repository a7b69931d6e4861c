"""Certificates: one for each organization without differences, signed, and a separate script that re-checks them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import connect
from atlas_workflows.migration.ledger.certificate import canonical_text, issue_certificates, proven
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.secrets.signing import Signer
from atlas_workflows.settings import load_settings
from atlas_workflows.store.sign_offs import sign

SCRIPT = load_settings({}).root / "scripts" / "verify_certificate.py"
BIGGEST = (
    "SELECT organization_id FROM atlas.workflow_execution_steps WHERE source_table IS NOT NULL"
    " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
)


def verify(dsn: str, *arguments: str, keys: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, str(SCRIPT), dsn, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "ATLAS_SECRET_KEYS": ",".join(keys)},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def spoil(dsn: str, statement: str, parameters: list[Any] | None = None) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode(), parameters).rowcount > 0


def test_every_organization_has_one_and_it_holds(migrated: Any, copy: str) -> None:
    with psycopg.connect(copy) as connection:
        organizations = connection.execute(
            "SELECT count(DISTINCT organization_id) FROM atlas.workflows WHERE source_table IS NOT NULL"
        ).fetchone()
        certified = connection.execute(
            "SELECT count(*), count(DISTINCT organization_id) FROM atlas.certificates"
        ).fetchone()
    assert organizations is not None
    assert certified is not None
    assert certified[0] == certified[1] >= organizations[0] > 1
    public_key = Signer(migrated.settings.secret_keys).public_key
    for done in (
        verify(copy),
        verify(copy, "--public-key", public_key, keys=migrated.settings.secret_keys),
    ):
        assert done.returncode == 0, done.stdout + done.stderr
        assert "DOES NOT HOLD" not in done.stdout
    assert f"Signed with {public_key}" in verify(copy).stdout
    other = Signer((Fernet.generate_key().decode(),)).public_key
    assert "which is not the one given" in verify(copy, "--public-key", other).stdout


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE atlas.migration_ledger SET outcome = 'archived' WHERE source_table = 'workflows'",
            "lost or edited",
        ),
        (
            "UPDATE atlas.migration_ledger SET reasons = '[{\"code\": \"LOAD_REFUSED\"}]' WHERE outcome = 'quarantined'",
            "lost or edited",
        ),
        ("DELETE FROM atlas.migration_ledger WHERE source_table = 'workflow_versions'", "lost or edited"),
        (
            "UPDATE atlas.originals SET content = content || ' ' WHERE content IS NOT NULL",
            "its original was changed",
        ),
        ("DELETE FROM atlas.originals WHERE source_table = 'workflow_executions'", "its original is gone"),
        (
            "UPDATE atlas.originals SET sealed = sha256(sealed) WHERE sealed IS NOT NULL",
            "sealed originals are not those that were certified",
        ),
        (
            f"DELETE FROM atlas.workflow_execution_steps WHERE organization_id = ({BIGGEST})",
            "there are 0; nothing is left of workflow_execution",
        ),
        (
            "UPDATE atlas.workflow_execution_steps SET outcome = 'x' WHERE source_table IS NOT NULL",
            "atlas.workflow_execution_steps, buckets",
        ),
        (
            "UPDATE atlas.workflow_triggers SET trigger_config = '{\"x\": 1}'",
            "a row was changed",
        ),
        ("DELETE FROM atlas.secrets WHERE phase IS NOT NULL", "secrets were certified, there are 0"),
        ("UPDATE atlas.secrets SET sealed = sealed || 'x'", "sealed secrets are not those"),
        (
            "UPDATE atlas.certificates SET body = jsonb_set(body, '{tree_hash}', '\"x\"')",
            "the certificate itself was changed",
        ),
        (
            "UPDATE atlas.certificates SET body = jsonb_set(body, '{organization_id}', '\"x\"')",
            "it was issued for",
        ),
        (
            "UPDATE atlas.certificates SET issued_at = issued_at - interval '1 day'",
            "its issued_at was changed to",
        ),
        ("UPDATE atlas.certificates SET number = number + 1000", "its number was changed to"),
        ("UPDATE atlas.certificates SET signature = NULL", "its signature does not fit"),
    ],
)
def test_what_changed_since_is_said(migrated: Any, copy: str, statement: str, said: str) -> None:
    spoil(copy, statement)
    done = verify(copy)
    assert done.returncode == 1
    assert said in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.update(tree_hash="0" * 64), "its tree hash is not that of its tables"),
        (
            lambda body: body["tables"]["workflows"].update(root="0" * 64),
            "its root is not that of its buckets",
        ),
        (lambda body: body["tables"]["workflows"]["outcomes"].update(quarantined=99), "it states"),
        (lambda body: body["tables"]["workflows"].update(source_rows=99_999), "it states"),
        (
            lambda body: body["sign_offs"].append(
                {**dict.fromkeys(("id", "source_hash", "reason", "signed_at"), "x"), "workflow_id": "w", "code": "WAIT_CAP", "signed_by": "eve"}
            ),
            "no sign-off of WAIT_CAP for workflow w by eve is on record",
        ),
    ],
)  # fmt: skip
def test_a_certificate_forged_with_its_hash_is_found(
    migrated: Any, copy: str, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with psycopg.connect(copy) as connection:
        connection.execute("SET session_replication_role = replica")
        found = connection.execute(
            "SELECT id, body FROM atlas.certificates WHERE body -> 'tables' ? 'workflows'"
        )
        certificate_id, body = found.fetchall()[0]
        change(body)
        connection.execute(
            "UPDATE atlas.certificates SET body = %s, body_hash = %s WHERE id = %s",
            [Jsonb(body), hashlib.sha256(canonical_text(body).encode()).hexdigest(), certificate_id],
        )
    done = verify(copy)
    assert done.returncode == 1
    assert said in done.stdout
    assert "the certificate itself was changed: its signature does not fit" in done.stdout
    assert "the hash beside it was changed" not in done.stdout


def test_what_is_no_certificate_is_named_as_such(migrated: Any, copy: str) -> None:
    """Whatever stands where a certificate belongs: words for each, never a traceback."""
    with psycopg.connect(copy) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM atlas.certificates ORDER BY number")]
    forms = (
        ("'{}'", "its body is no certificate of the form atlas.certificate/3: its format is not stated"),
        ("'[]'", "its body is no object but list"),
        ("'null'", "its body is no object but nothing"),
        ("body - 'tables' - 'number'", "it has no tables"),
        ("""body || '{"enhanced": 7, "runs": [7]}'""", "it.runs[0] is no text"),
        (
            "jsonb_set(body, '{tables,workflows,buckets}', '[]')",
            "public.workflows: its root is not that of its buckets",
        ),
    )
    assert len(ids) > len(forms)
    for certificate_id, (body, _) in zip(ids, forms, strict=False):
        spoil(copy, f"UPDATE atlas.certificates SET body = {body} WHERE id = %s", [certificate_id])
    old = 'body || \'{"format": "atlas.certificate/1"}\''
    spoil(
        copy, f"UPDATE atlas.certificates SET signature = NULL, body = {old} WHERE id = %s", [ids[len(forms)]]
    )
    done = verify(copy)
    assert done.returncode == 1
    assert [said for _, said in forms if said not in done.stdout] == []
    assert done.stdout.count(": UNSIGNED\n") == 1
    assert "run the phase again" in done.stdout


def test_what_was_sealed_anew_holds_for_whoever_has_the_keys(migrated: Any, copy: str) -> None:
    """A rotation is no forgery; without the keys nobody can tell it from one, and with them everybody can."""
    keys = (Fernet.generate_key().decode(), *migrated.settings.secret_keys)
    sealer = Sealer(keys)
    with psycopg.connect(copy) as connection:
        for table, key in (("secrets", "id::text"), ("originals", "source_table || source_id")):
            question = f"SELECT {key}, sealed FROM atlas.{table} WHERE sealed IS NOT NULL"
            for row_id, sealed in connection.execute(question.encode()).fetchall():
                connection.execute(
                    f"UPDATE atlas.{table} SET sealed = %s WHERE {key} = %s".encode(),
                    [sealer.rotate(sealed), row_id],
                )
    assert "give the keys in ATLAS_SECRET_KEYS to tell" in verify(copy).stdout
    assert verify(copy, keys=keys).returncode == 0
    other = sealer.seal("another")
    spoil(
        copy,
        "UPDATE atlas.originals SET sealed = %s WHERE (source_table, source_id) IN (SELECT source_table, source_id"
        " FROM atlas.originals WHERE sealed IS NOT NULL AND organization_id IS NOT NULL LIMIT 1)",
        [other],
    )
    spoil(copy, "UPDATE atlas.secrets SET sealed = %s", [other])
    told = verify(copy, keys=keys).stdout
    assert "its sealed original was replaced" in told
    assert "a secret was replaced" in told


def test_one_organizations_fault_keeps_no_other_from_its_certificate(migrated: Any, copy: str) -> None:
    """And the newest certificate is the one of the highest number, whatever the clock said."""
    with connect(copy, application_name="test", autocommit=True) as connection:
        waiting = connection.execute(
            "SELECT id::text, organization_id::text FROM atlas.workflows WHERE awaiting_sign_off ORDER BY organization_id"
        ).fetchall()
        [faulty, signed] = [waiting[-1][1], waiting[0][1]]
        assert faulty != signed
        sign(connection, waiting[0][0], (), by="Ana", reason="read, and meant so")
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE atlas.workflows SET name = 'x' WHERE id = %s", [waiting[-1][0]])
        found = migrated.reconciled(copy)
        assert {item.organization_id for item in found.differences} == {faulty}
        assert set(proven(found)) == {name for name in found.tallies if name} - {faulty}
        at = datetime(2020, 1, 1, tzinfo=UTC)
        signer = Signer(migrated.settings.secret_keys)
        issued = issue_certificates(connection, found, signer, phase="p1_database", run_id=uuid4(), at=at)
        assert faulty not in {certificate.organization_id for certificate in issued}
    done = verify(copy)
    assert f"{faulty} p1_database" in done.stdout
    assert done.stdout.count("of 2020-01-01 00:00: HOLDS") == len(issued) > 1
    assert done.stdout.count("DOES NOT HOLD") == 1
    spoil(copy, "UPDATE atlas.sign_offs SET voided_at = '2021-05-05', void_reason = 'a slip'")
    said = [line for line in verify(copy, "--organization", signed).stdout.splitlines() if "sign-off" in line]
    assert said
    assert {line.partition(" was ")[2] for line in said} == {"voided on 2021-05-05 00:00:00+00: a slip"}
    spoil(copy, "UPDATE atlas.sign_offs SET voided_at = NULL, signed_by = 'Eve'")
    assert "was changed: signed_by" in verify(copy, "--organization", signed).stdout


def test_rows_written_since_are_named(migrated: Any, copy: str) -> None:
    """By the run that wrote them: a clock may be set."""
    spoil(
        copy,
        "UPDATE atlas.migration_ledger SET source_hash = 'x', phase_run_id = gen_random_uuid(), migrated_at = '2001-01-01'"
        " WHERE (source_table, source_id) IN (SELECT source_table, source_id FROM atlas.migration_ledger"
        " WHERE source_table = 'workflows' AND organization_id IS NOT NULL ORDER BY source_id LIMIT 1)",
    )
    done = verify(copy)
    assert done.returncode == 1
    assert "rows written since: " in done.stdout
    assert "rows written since: none" not in done.stdout


def test_nothing_to_check_is_said(migrated: Any, copy: str) -> None:
    assert verify(copy, "--organization", "00000000-0000-0000-0000-000000000000").returncode == 2
    unreachable = verify("postgresql://nobody@127.0.0.1:1/nowhere")
    assert unreachable.returncode == 2
    assert "The database cannot be read" in unreachable.stderr
    assert "is neither a public key" in verify(copy, "--public-key", "x").stderr


def test_a_certificate_is_what_any_json_library_writes() -> None:
    body = {"b": [1, {"ä": "•"}], "a": {}}
    assert json.loads(canonical_text(body)) == body
    keys = (Fernet.generate_key().decode(), Fernet.generate_key().decode())
    assert Signer(keys).public_key == Signer(keys[1:]).public_key  # a rotation puts a key in front
    assert Signer(keys).public_key != Signer(keys[:1]).public_key
