"""Per batch of workflows: secrets that definitions refer to, and whether what is live was signed for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.reconciliation.differences import Difference, Kind
from atlas_workflows.migration.reconciliation.our_side import Entry, TargetRow, TargetRows
from atlas_workflows.migration.reconciliation.vault import Vault
from atlas_workflows.migration.reconciliation.workflows import holds_text, secret_references

MIN_SECRET = 8


@dataclass(frozen=True, slots=True)
class Stored:
    """A sealed secret as the table holds it."""

    organization_id: str
    sealed: bytes


def check(
    connection: Connection, entries: Mapping[str, Entry], targets: Mapping[str, TargetRows], vault: Vault
) -> Iterator[Difference]:
    """Differences of every workflow of the batch that has a row in atlas.workflows."""
    rows = {
        source_id: found["workflows"][0] for source_id, found in targets.items() if found.get("workflows")
    }
    documents = {source_id: loads(row.get("definition") or "{}") for source_id, row in rows.items()}
    references = {
        source_id: sorted(set(secret_references(document))) for source_id, document in documents.items()
    }
    stored = _read_secrets(connection, sorted({item for found in references.values() for item in found}))
    signed = _read_sign_offs(connection, [str(row["id"]) for row in rows.values()])
    for source_id, row in rows.items():
        for reference in references[source_id]:
            yield from _secret(row, documents[source_id], stored.get(reference), vault)
        yield from _live(row, entries[source_id], targets[source_id], signed)


def _secret(row: TargetRow, document: object, stored: Stored | None, vault: Vault) -> Iterator[Difference]:
    if stored is None or stored.organization_id != row["organization_id"]:
        yield _differs(Kind.SECRET_MISSING, row, "workflows.definition")
        return
    try:
        plain = vault.unseal(stored.sealed)
    except AtlasError:
        yield _differs(Kind.SECRET_UNREADABLE, row, "secrets.sealed")
        return
    # A very short "secret" may well occur in an innocent word.
    if len(plain) >= MIN_SECRET and holds_text(document, plain):
        yield _differs(Kind.SECRET_IN_CLEAR, row, "workflows.definition")


def _live(
    row: TargetRow, entry: Entry, targets: TargetRows, signed: set[tuple[str, str, str]]
) -> Iterator[Difference]:
    needed = {str(change.get("code")) for change in loads(entry.changes or "[]")}
    unsigned = {code for code in needed if (str(row["id"]), code, str(entry.source_hash)) not in signed}
    armed = any(trigger.get("is_active") == "true" for trigger in targets.get("workflow_triggers") or ())
    if unsigned and (row.get("status") == "active" or armed):
        yield _differs(
            Kind.STATUS_DIFFERS, row, "workflows.status", f"unsigned: {', '.join(sorted(unsigned))}"
        )
    if not unsigned and row.get("status") not in {row.get("intended_status"), "draft", "paused"}:
        yield _differs(
            Kind.STATUS_DIFFERS, row, "workflows.status", f"{row.get('status')} is not what it should be"
        )
    if unsigned and row.get("awaiting_sign_off") != "true":
        yield _differs(Kind.STATUS_DIFFERS, row, "workflows.awaiting_sign_off")


def _read_secrets(connection: Connection, ids: list[str]) -> dict[str, Stored]:
    rows = connection.execute(sql("reconciliation/secrets").encode(), {"ids": ids}).fetchall()
    return {secret_id: Stored(organization, sealed) for secret_id, organization, sealed in rows}


def _read_sign_offs(connection: Connection, ids: list[str]) -> set[tuple[str, str, str]]:
    return set(connection.execute(sql("reconciliation/sign_offs").encode(), {"ids": ids}).fetchall())


def _differs(kind: Kind, row: TargetRow, column: str, detail: str = "") -> Difference:
    return Difference(kind, "workflows", str(row["source_id"]), row.get("organization_id"), column, detail)
