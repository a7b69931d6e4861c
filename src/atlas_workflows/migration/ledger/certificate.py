"""The certificate of an organization: what was compared, what came of it, and the hashes to check it by months later."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED
from atlas_workflows.migration.reconciliation import VERIFIER_VERSION
from atlas_workflows.migration.reconciliation.certified import BESIDE, Secrets
from atlas_workflows.migration.reconciliation.findings import Reconciliation, Tally
from atlas_workflows.migration.reconciliation.tree import TableTree, root_of
from atlas_workflows.migration.request import is_uuid
from atlas_workflows.secrets.signing import Signer

FORMAT = "atlas.certificate/3"
SignOffs = Mapping[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """`body` is JSON-able; `signature` is over its canonical text (sorted keys, no blanks), `body_hash` its sha256."""

    organization_id: str
    number: int
    body: Mapping[str, Any]
    signature: str

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(canonical_text(self.body).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {"body": self.body, "body_hash": self.body_hash, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Issue:
    """On what occasion certificates are issued: phase, run, instant, and what is on record beside the rows: the valid
    sign-offs, and the runs that wrote rows of the ledger, both by organization."""

    phase: str
    run_id: UUID
    at: datetime
    sign_offs: SignOffs = field(default_factory=dict)
    runs: Mapping[str, list[str]] = field(default_factory=dict)


def canonical_text(body: Mapping[str, Any]) -> str:
    """The text that is signed; holds only strings, integers, lists and objects, so any JSON library writes the same."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def proven(found: Reconciliation) -> list[str]:
    """Organizations of which nothing differs and nothing is pending. What others have does not keep them from it.

    Rows that name no existing organization are nobody's: they are in the report, not in a certificate.
    """
    return [name for name in sorted(found.tallies) if is_uuid(name) and found.is_proven(name)]


def certify(
    found: Reconciliation, numbers: Mapping[str, int], issue: Issue, signer: Signer
) -> list[Certificate]:
    """One certificate for each organization that has a number."""
    return [
        _signed(organization, number, _body(found, organization, number, issue, signer), signer)
        for organization, number in numbers.items()
    ]


def issue_certificates(
    connection: Connection, found: Reconciliation, signer: Signer, *, phase: str, run_id: UUID, at: datetime
) -> list[Certificate]:
    """Certify whoever can be certified, and keep the certificates beside earlier ones."""
    organizations = proven(found)
    drawn = scalars(connection, sql("reconciliation/certificate_numbers"), {"count": len(organizations)})
    issue = Issue(
        phase,
        run_id,
        at,
        read_sign_offs(connection),
        dict(connection.execute(sql("reconciliation/ledger_runs"))),
    )
    certificates = certify(found, dict(zip(organizations, drawn, strict=True)), issue, signer)
    store(connection, certificates, issue)
    return certificates


def read_sign_offs(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """Valid sign-offs by organization."""
    found: dict[str, list[dict[str, str]]] = {}
    for organization, *words in connection.execute(sql("reconciliation/all_sign_offs")):
        found.setdefault(organization, []).append(dict(zip(SIGNED, words, strict=True)))
    return found


SIGNED = ("id", "workflow_id", "code", "source_hash", "signed_by", "reason", "signed_at")


def store(connection: Connection, certificates: list[Certificate], issue: Issue) -> None:
    """Keep them in atlas.certificates, the earlier ones beside them."""
    rows = [
        {
            "id": uuid4(), "number": certificate.number, "organization_id": certificate.organization_id,
            "phase": issue.phase, "run_id": issue.run_id, "body": Jsonb(certificate.body),
            "body_hash": certificate.body_hash, "signature": certificate.signature, "at": issue.at,
        }
        for certificate in certificates
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(sql("reconciliation/store_certificate"), rows)


def _signed(organization: str, number: int, body: dict[str, Any], signer: Signer) -> Certificate:
    return Certificate(organization, number, body, signer.sign(canonical_text(body)))


def _body(
    found: Reconciliation, organization: str, number: int, issue: Issue, signer: Signer
) -> dict[str, Any]:
    tallies, kept = found.tallies[organization], found.kept.get(organization, {})
    secrets = found.secrets.get(organization, Secrets())
    roots = {f"public.{name}": tally.recorded.root for name, tally in tallies.items()}
    roots |= {f"atlas.{name}": tree.root for name, tree in kept.items()}
    roots |= {f"sealed.{name}": tally.sealed.root for name, tally in tallies.items()}
    roots |= {"secrets": secrets.sealed.root, "secrets.values": secrets.values.root}
    return {
        "format": FORMAT,
        "verifier_version": VERIFIER_VERSION,
        "number": number,
        "organization_id": organization,
        "phase": issue.phase,
        "phase_run_id": str(issue.run_id),
        "issued_at": issue.at.astimezone(UTC).isoformat(),
        "public_key": signer.public_key,
        "snapshots": list(found.snapshots),
        "runs": issue.runs.get(organization, []),
        "tables": {name: _table(tally) for name, tally in sorted(tallies.items())},
        "enhanced": {name: _kept(name, tree) for name, tree in sorted(kept.items())},
        "secrets": {
            "rows": secrets.sealed.rows,
            "root": secrets.sealed.root,
            "values_root": secrets.values.root,
        },
        "tree_hash": root_of(roots),
        "sign_offs": issue.sign_offs.get(organization, []),
    }


def _table(tally: Tally) -> dict[str, Any]:
    return {
        "source_rows": tally.source_rows,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "root": tally.recorded.root,
        "buckets": tally.recorded.buckets,
        "sealed": {"rows": tally.sealed.rows, "root": tally.sealed.root},
    }


def _kept(table: str, tree: TableTree) -> dict[str, Any]:
    return {
        "columns": list(FINGERPRINTED[table]),
        "beside": list(BESIDE[table]),
        "rows": tree.rows,
        "root": tree.root,
        "buckets": tree.buckets,
    }
