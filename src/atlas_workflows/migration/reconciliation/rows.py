"""Compares one source row with everything we hold of it. Pure but for opening what is sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.ledger.fingerprint import (
    content_digest,
    original_content,
    stored_fingerprint,
    with_findings,
)
from atlas_workflows.migration.reconciliation.carried import MAIN_ROW, columns_that_differ
from atlas_workflows.migration.reconciliation.carried_steps import steps_that_differ
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import (
    STEPS,
    LedgerEntry,
    TargetRow,
    TargetRows,
    codes,
    is_empty,
)
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.migration.reconciliation.tree import Leaf
from atlas_workflows.migration.reconciliation.vault import Vault
from atlas_workflows.migration.reconciliation.workflows import GRAPHS, Opened, compare_graph, compare_triggers

LOADED = frozenset({"migrated", "migrated_with_warnings"})
TENANCY_CODES = frozenset({"ORGANIZATION_MISSING", "ORGANIZATION_UNKNOWN", "ORGANIZATION_IS_USER"})
FOREIGN = "WORKFLOW_FOREIGN"
ENDED = frozenset({"completed", "failed", "cancelled"})
ASSUMED = "ORGANIZATION_ASSUMED"


@dataclass(frozen=True, slots=True)
class Hashes:
    """Computed afresh from what both sides hold now: of the source row, and of the enhanced rows made of it.

    `content` is the text whose hash `source` is.
    """

    content: str
    source: str
    target: str


def hashes_of(row: Row, entry: LedgerEntry, targets: TargetRows, vault: Vault) -> Hashes:
    """The hashes that ledger and original should hold."""
    content = original_content(row.columns)
    source = vault.hmac(content) if entry.sealed is not None else content_digest(content)
    made = {table: rows for table, rows in targets.items() if rows}
    return Hashes(content, source, stored_fingerprint(with_findings(made, entry.reasons, entry.changes)))


def compare_row(
    row: Row, entry: LedgerEntry, targets: TargetRows, hashes: Hashes, vault: Vault, opened: Opened
) -> Iterator[Difference]:
    """Every difference between the source row and our side of it."""

    def differs(kind: DifferenceKind, column: str | None = None, detail: str = "") -> Difference:
        return Difference(kind, row.table, row.id, row.organization_id, column, detail)

    if not entry.has_ledger:
        yield differs(DifferenceKind.LEDGER_MISSING)
        return
    yield from _organization(row, entry, targets, differs)
    yield from _original(row, entry, hashes, vault, differs)
    yield from _reasons(entry, differs)
    yield from _quarantine(entry, differs)
    yield from _targets(row, entry, targets, hashes, opened, differs)


def live_leaf(row: Row, entry: LedgerEntry, hashes: Hashes) -> Leaf:
    """The row as it is now, in both worlds."""
    return Leaf(row.table, row.id, hashes.source, entry.outcome or "", hashes.target, _findings(entry))


def recorded_leaf(row: Row, entry: LedgerEntry) -> Leaf:
    """The row as the ledger recorded it."""
    source = entry.source_hash or ""
    return Leaf(row.table, row.id, source, entry.outcome or "", entry.target_hash, _findings(entry))


def _findings(entry: LedgerEntry) -> str:
    return f"{entry.reasons}{entry.changes}"


def _organization(row: Row, entry: LedgerEntry, targets: TargetRows, differs: Any) -> Iterator[Difference]:
    given = set(codes(entry.reasons))
    stated = row.organization_id
    homeless = entry.outcome == "quarantined" and bool(given & TENANCY_CODES)
    assumed = stated is None and ASSUMED in given
    if entry.organization_id != stated and not (assumed or (homeless and entry.organization_id is None)):
        yield differs(DifferenceKind.ORGANIZATION_DIFFERS, "migration_ledger.organization_id")
    if entry.has_original and entry.original_organization_id != entry.organization_id:
        yield differs(DifferenceKind.ORGANIZATION_DIFFERS, "originals.organization_id")
    for table, rows in targets.items():
        if any(item.get("organization_id") != entry.organization_id for item in rows):
            yield differs(DifferenceKind.ORGANIZATION_DIFFERS, f"{table}.organization_id")


def _original(
    row: Row, entry: LedgerEntry, hashes: Hashes, vault: Vault, differs: Any
) -> Iterator[Difference]:
    if not entry.has_original:
        yield differs(DifferenceKind.ORIGINAL_MISSING)
        return
    try:
        kept = vault.unseal(entry.sealed) if entry.sealed is not None else entry.content
    except AtlasError:
        yield differs(DifferenceKind.ORIGINAL_UNREADABLE)
        return
    if kept != hashes.content:
        yield from _differing_columns(row, kept, differs)
    for name, stored in (
        ("migration_ledger.source_hash", entry.source_hash),
        ("originals.content_hash", entry.content_hash),
    ):
        if stored != hashes.source:
            yield differs(DifferenceKind.HASH_DIFFERS, name)


def _differing_columns(row: Row, kept: str | None, differs: Any) -> Iterator[Difference]:
    try:
        before = loads(kept or "null")
    except AtlasError:
        before = None
    if not isinstance(before, dict):
        yield differs(DifferenceKind.ORIGINAL_DIFFERS, None, "the kept original is no row")
        return
    names = [name for name in {**row.columns, **before} if before.get(name) != row.columns.get(name)]
    for name in names or ["(column order)"]:
        yield differs(DifferenceKind.ORIGINAL_DIFFERS, name)


# What a row may say without being a warning; this module's own word on it.
INFORMS = frozenset({"TRIGGER_EVIDENCE"})


def _reasons(entry: LedgerEntry, differs: Any) -> Iterator[Difference]:
    has_reasons = bool(set(codes(entry.reasons)) - INFORMS or codes(entry.changes))
    if entry.outcome in {"migrated_with_warnings", "quarantined", "skipped"} and not has_reasons:
        yield differs(
            DifferenceKind.REASON_MISSING,
            "migration_ledger.reasons",
            f"outcome {entry.outcome} without a reason",
        )
    if entry.outcome == "migrated" and has_reasons:
        yield differs(
            DifferenceKind.REASON_MISSING, "migration_ledger.outcome", "reasons, but the outcome shows none"
        )


def _quarantine(entry: LedgerEntry, differs: Any) -> Iterator[Difference]:
    if entry.outcome != "quarantined":
        if entry.is_quarantined:
            yield differs(DifferenceKind.QUARANTINE_UNEXPECTED)
        return
    if not entry.is_quarantined:
        yield differs(DifferenceKind.QUARANTINE_MISSING)
        return
    if entry.quarantine_organization_id != entry.organization_id:
        yield differs(DifferenceKind.QUARANTINE_DIFFERS, "quarantine.organization_id")
    if codes(entry.quarantine_reasons) != codes(entry.reasons):
        yield differs(DifferenceKind.QUARANTINE_DIFFERS, "quarantine.reasons")


def _targets(
    row: Row, entry: LedgerEntry, targets: TargetRows, hashes: Hashes, opened: Opened, differs: Any
) -> Iterator[Difference]:
    if entry.outcome not in LOADED and entry.outcome != "archived":
        if not is_empty(targets):
            yield differs(DifferenceKind.TARGET_UNEXPECTED, ", ".join(sorted(targets)))
        return
    if hashes.target != entry.target_hash:
        yield from _fingerprints(entry, hashes, differs)
    main = MAIN_ROW.get(row.table)
    if main is None or entry.outcome == "archived":
        return
    table, carried = main
    found = targets.get(table) or []
    if len(found) != 1:
        yield differs(DifferenceKind.TARGET_MISSING, table, f"{len(found)} rows where one belongs")
        return
    for column in columns_that_differ(row.columns, found[0], carried, is_sealed=entry.sealed is not None):
        if column == "workflow_id" and found[0].get(column) is None and FOREIGN in codes(entry.reasons):
            continue  # a workflow of another organization must not be named
        yield differs(DifferenceKind.COLUMN_DIFFERS, f"{table}.{column}")
    if row.table == "workflow_executions":
        yield from _execution(row, entry, found[0], targets, differs)
    if row.table in GRAPHS:
        yield from compare_graph(row, entry, found[0], opened)
    if row.table == "workflows":
        yield from compare_triggers(row, found[0], targets)


def _execution(
    row: Row, entry: LedgerEntry, arrived: TargetRow, targets: TargetRows, differs: Any
) -> Iterator[Difference]:
    if _ended_otherwise(row, arrived.get("status")):
        yield differs(DifferenceKind.COLUMN_DIFFERS, "workflow_executions.status")
    if entry.sealed is not None:
        return  # texts and documents of steps may hold references where secrets stood
    for column, detail in steps_that_differ(row.columns, targets.get(STEPS) or ()):
        if column:
            yield differs(DifferenceKind.COLUMN_DIFFERS, f"{STEPS}.{column}", detail)
        else:
            yield differs(DifferenceKind.TARGET_DIFFERS, STEPS, detail)


def _ended_otherwise(row: Row, arrived: str | None) -> bool:
    """A plain word for how an execution ended must arrive as it is; other words are translation's to read."""
    told = (row.columns.get("status") or "").strip().lower()
    return told in ENDED and told != arrived


def _fingerprints(entry: LedgerEntry, hashes: Hashes, differs: Any) -> Iterator[Difference]:
    written, now = loads(entry.target_hash or "{}"), loads(hashes.target)
    for table in sorted({*written, *now} if now else {*written} - {"migration_ledger"}):
        if written.get(table) != now.get(table):
            kind = DifferenceKind.TARGET_MISSING if table not in now else DifferenceKind.TARGET_DIFFERS
            yield differs(kind, table)
