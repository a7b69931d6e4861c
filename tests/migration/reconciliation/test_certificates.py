"""Certificates: one per organization of a clean migration, and a separate script that re-checks them."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from atlas_workflows.migration.ledger.certificate import canonical_text
from atlas_workflows.settings import load_settings

SCRIPT = load_settings({}).root / "scripts" / "verify_certificate.py"


def verify(dsn: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(SCRIPT), dsn, *arguments], capture_output=True, text=True, timeout=120
    )


def spoil(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode()).rowcount > 0


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
    done = verify(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DOES NOT HOLD" not in done.stdout


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE atlas.migration_ledger SET outcome = 'archived' WHERE source_table = 'workflows'",
            "lost or edited",
        ),
        ("DELETE FROM atlas.migration_ledger WHERE source_table = 'workflow_versions'", "lost or edited"),
        (
            "UPDATE atlas.originals SET content = content || ' ' WHERE content IS NOT NULL",
            "its original was changed",
        ),
        ("DELETE FROM atlas.originals WHERE source_table = 'workflow_executions'", "its original is gone"),
        (
            "UPDATE atlas.certificates SET body = jsonb_set(body, '{tree_hash}', '\"x\"')",
            "the certificate itself was changed",
        ),
        (
            "UPDATE atlas.certificates SET body = jsonb_set(body, '{organization_id}', '\"x\"')",
            "it was issued for",
        ),
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
                {"workflow_id": "w", "code": "WAIT_CAP", "signed_by": "eve"}
            ),
            "no sign-off of WAIT_CAP for workflow w by eve is on record",
        ),
    ],
)
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
    assert "the certificate itself was changed" not in done.stdout


def test_rows_written_since_are_named(migrated: Any, copy: str) -> None:
    spoil(
        copy,
        "UPDATE atlas.migration_ledger SET source_hash = 'x', migrated_at = now() + interval '1 day'"
        " WHERE (source_table, source_id) IN (SELECT source_table, source_id FROM atlas.migration_ledger"
        " WHERE source_table = 'workflows' AND organization_id IS NOT NULL ORDER BY source_id LIMIT 1)",
    )
    done = verify(copy)
    assert done.returncode == 1
    assert "rows written since: " in done.stdout


def test_nothing_to_check_is_said(migrated: Any, copy: str) -> None:
    assert verify(copy, "--organization", "00000000-0000-0000-0000-000000000000").returncode == 2
