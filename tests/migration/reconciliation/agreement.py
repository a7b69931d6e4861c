"""Translation and prover over one source row without a database: what the one makes of it, the other must accept."""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.fernet import Fernet

from atlas_workflows.legacy.records import SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.source.shapes import SIDE_TABLES, Shape
from atlas_workflows.legacy.source.tables import source_tables
from atlas_workflows.migration.ledger.fingerprint import JSON_COLUMNS, TIME_COLUMNS
from atlas_workflows.migration.ledger.spelling import document_of, text_of, time_of
from atlas_workflows.migration.movement import entry as movement
from atlas_workflows.migration.reconciliation.differences import Difference
from atlas_workflows.migration.reconciliation.our_side import LedgerEntry, TargetRows
from atlas_workflows.migration.reconciliation.rows import compare_row, hashes_of
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.secrets.sealing import Sealer

SEALER = Sealer((Fernet.generate_key().decode(),))
LOADED = ("migrated", "migrated_with_warnings")


def tables_of(letter: str) -> dict[str, SourceTable]:
    """Every table that is read for this shape, with the whole catalogue of node types."""
    shape = Shape(letter, "organization_id", (), False, (), frozenset(SIDE_TABLES))
    return {table.table: table for table in source_tables(shape, load_catalogue())}


def moved(row: SourceRow, table: SourceTable, tenancy: Tenancy) -> movement.Entry:
    return movement.make_entry(row, table, tenancy, SEALER)


def differences(row: SourceRow, made: movement.Entry, *, organization: str | None = None) -> list[Difference]:
    """What the prover says of the row, were exactly `made` what the database holds."""
    entry, targets = as_stored(made), as_targets(made)
    stated = row.columns.get("organization_id") or row.columns.get("org_id") or organization
    source = Row(row.table, row.id, stated, dict(row.columns))
    hashes = hashes_of(source, entry, targets, SEALER)
    values = {str(secret.id): secret.value for secret in made.secrets}

    def opened(ids: Iterable[str]) -> list[str]:
        return [values[key] for key in sorted(set(ids)) if key in values]

    return list(compare_row(source, entry, targets, hashes, SEALER, opened))


def as_stored(made: movement.Entry) -> LedgerEntry:
    """The entry as ledger, originals and quarantine hold it."""
    quarantined = str(made.outcome) == "quarantined"
    reasons = document_of(movement.json_text(made.reasons))
    return LedgerEntry(
        id=made.id, has_ledger=True, organization_id=made.organization_id, outcome=str(made.outcome), reasons=reasons,
        changes=document_of(movement.json_text(made.changes)), source_hash=made.source_hash, target_hash=made.target_hash,
        has_original=True, original_organization_id=made.organization_id, content=made.content, sealed=made.sealed,
        content_hash=made.source_hash, is_quarantined=quarantined,
        quarantine_organization_id=made.organization_id if quarantined else None,
        quarantine_reasons=reasons if quarantined else None, is_pending=False,
    )  # fmt: skip


def as_targets(made: movement.Entry) -> TargetRows:
    return {name: [_as_read(item) for item in rows] for name, rows in made.rows.items()}


def _as_read(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _printed(name, value) for name, value in row.items()}


def _printed(name: str, value: Any) -> Any:
    """As the server prints it, which a test over the real one holds to be so."""
    if value is None or isinstance(value, list):
        return value
    if name in JSON_COLUMNS:
        return document_of(value)
    return time_of(value) if name in TIME_COLUMNS else text_of(value)
