"""The certificate of an organization: what was compared, what came of it, and the hashes to check it by months later."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.ids import NAMESPACE
from atlas_workflows.migration.reconciliation import VERIFIER_VERSION
from atlas_workflows.migration.reconciliation.reconcile import Reconciliation, Tally
from atlas_workflows.migration.reconciliation.tree import root_of
from atlas_workflows.migration.request import is_uuid

FORMAT = "atlas.certificate/1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """`body` is JSON-able; `body_hash` is sha256 hex of its canonical text (sorted keys, no blanks)."""

    organization_id: str
    body: Mapping[str, Any]

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(canonical_text(self.body).encode()).hexdigest()


def canonical_text(body: Mapping[str, Any]) -> str:
    """The text that is hashed; holds only strings, integers, lists and objects, so any JSON library writes the same."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def certify(
    found: Reconciliation,
    sign_offs: Mapping[str, list[dict[str, str]]],
    *,
    phase: str,
    run_id: UUID,
    issued_at: datetime,
) -> list[Certificate]:
    """One certificate per organization of a clean reconciliation without pending rows; else none for anybody.

    Rows that name no existing organization are nobody's: they are in the report, not in a certificate.
    """
    if not found.is_clean:
        return []
    return [
        Certificate(
            organization,
            {
                "format": FORMAT,
                "verifier_version": VERIFIER_VERSION,
                "organization_id": organization,
                "phase": phase,
                "phase_run_id": str(run_id),
                "issued_at": issued_at.isoformat(),
                "snapshots": list(found.snapshots),
                "tables": {name: _table(tally) for name, tally in sorted(tables.items())},
                "tree_hash": root_of({name: tally.recorded.root for name, tally in tables.items()}),
                "sign_offs": sign_offs.get(organization, []),
            },
        )
        for organization, tables in sorted(found.tallies.items())
        if is_uuid(organization) and not any(tally.pending for tally in tables.values())
    ]


def read_sign_offs(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """Valid sign-offs by organization."""
    found: dict[str, list[dict[str, str]]] = {}
    for organization, workflow, code, signed_by in connection.execute(sql("reconciliation/all_sign_offs")):
        found.setdefault(organization, []).append(
            {"workflow_id": workflow, "code": code, "signed_by": signed_by}
        )
    return found


def store(
    connection: Connection, certificates: list[Certificate], *, phase: str, run_id: UUID, at: datetime
) -> None:
    """Keep them in atlas.certificates; issuing again for the same run replaces."""
    rows = [
        {
            "id": uuid5(NAMESPACE, f"certificate/{run_id}/{certificate.organization_id}"),
            "organization_id": certificate.organization_id, "phase": phase, "run_id": run_id,
            "body": Jsonb(certificate.body), "body_hash": certificate.body_hash, "at": at,
        }
        for certificate in certificates
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(sql("reconciliation/store_certificate"), rows)


def _table(tally: Tally) -> dict[str, Any]:
    return {
        "source_rows": tally.source_rows,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "root": tally.recorded.root,
        "buckets": tally.recorded.buckets,
    }
