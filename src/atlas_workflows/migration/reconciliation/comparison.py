"""Compares a batch of source rows with everything we hold of them, and tallies what came of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.ledger.own_writes import OwnWrites
from atlas_workflows.migration.reconciliation import secrets_and_sign_offs
from atlas_workflows.migration.reconciliation.certified import kept_rows, sealed_original
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.findings import NO_ORGANIZATION, Reconciliation, Tally
from atlas_workflows.migration.reconciliation.our_side import (
    ARCHIVE,
    LedgerEntry,
    TargetRows,
    TargetTable,
    read_archived,
    read_entries,
    read_targets,
)
from atlas_workflows.migration.reconciliation.rows import compare_row, hashes_of, live_leaf, recorded_leaf
from atlas_workflows.migration.reconciliation.source_side import Row, Shelf
from atlas_workflows.migration.reconciliation.vault import Vault
from atlas_workflows.migration.reconciliation.workflows import Opened


@dataclass(frozen=True, slots=True)
class Comparison:
    """What stays the same over all batches. `covered`: the organizations that it is about; None means everything."""

    shelves: dict[str, Shelf]
    targets: tuple[TargetTable, ...]
    vault: Vault
    ours: OwnWrites
    covered: frozenset[str] | None = None

    @property
    def organizations(self) -> list[str] | None:
        """Those it is about, as a statement takes them."""
        return None if self.covered is None else sorted(self.covered)

    def is_ours(self, shelf: Shelf, id_: str) -> bool:
        """Whether a row is a workflow that is executed here."""
        return shelf.table == "workflows" and id_ in self.ours.taken_over


def compare_batch(
    session: Connection,
    around: Comparison,
    holding: tuple[TargetTable, ...],
    shelf: Shelf,
    rows: list[Row],
    found: Reconciliation,
) -> None:
    """Every difference of these rows; `holding`: the tables of ours that hold anything of their table now."""
    ids = [row.id for row in rows]
    entries = read_entries(session, shelf.table, ids)
    targets = read_targets(session, holding, shelf.table, ids)
    archived = [row.id for row in rows if entries[row.id].outcome == "archived"]
    for source_id, kept in read_archived(session, shelf.table, archived).items() if archived else ():
        targets[source_id][ARCHIVE] = [kept]
    settled = []
    opened = secrets_and_sign_offs.opener(session, around.vault)
    for row in rows:
        entry = entries[row.id]
        # An organization that a quarantined row merely claims gets no tally, and so no certificate.
        owner = entry.organization_id if entry.has_ledger else row.organization_id
        tally = found.tallies[owner or NO_ORGANIZATION][shelf.table]
        tally.source_rows += 1
        if entry.is_pending or around.is_ours(shelf, row.id):
            tally.pending += 1
            continue
        settled.append(row)
        _compare_settled(row, entry, targets.get(row.id, {}), around.vault, opened, found, tally)
    made_of = [(row, entries[row.id], targets[row.id]) for row in settled if row.id in targets]
    for made in _whole_or_one_by_one(
        made_of, lambda some: secrets_and_sign_offs.check(session, some, around.vault)
    ):
        found.note(made)


def _compare_settled(
    row: Row,
    entry: LedgerEntry,
    made: TargetRows,
    vault: Vault,
    opened: Opened,
    found: Reconciliation,
    tally: Tally,
) -> None:
    if entry.has_ledger and entry.outcome:
        tally.outcomes[entry.outcome] += 1
    try:
        hashes = hashes_of(row, entry, made, vault)
        differences = list(compare_row(row, entry, made, hashes, vault, opened))
    except psycopg.Error:
        raise
    except Exception as cause:
        # One row in a form that nobody foresaw must not keep all the others from being compared.
        found.note([_beyond_comparison(row, entry, cause)])
        return
    if differences:
        found.note(differences)
        found.blame(*_concerned(row, entry, made))
    if entry.has_ledger and entry.outcome:
        tally.live.add(live_leaf(row, entry, hashes))
        tally.recorded.add(recorded_leaf(row, entry))
        for sealed in sealed_original(row, entry):
            tally.sealed.add(sealed)
        trees = found.kept[entry.organization_id or NO_ORGANIZATION]
        for kept in kept_rows(made):
            trees[kept.table].add(kept)


def _beyond_comparison(row: Row, entry: LedgerEntry, cause: Exception) -> Difference:
    return Difference(
        DifferenceKind.COMPARISON_FAILED,
        row.table,
        row.id,
        row.organization_id,
        detail=type(cause).__name__,
        also=entry.organization_id,
    )


def _concerned(row: Row, entry: LedgerEntry, made: TargetRows) -> Iterator[str | None]:
    """Every organization that a row which differs is, or stands, under."""
    yield from (row.organization_id, entry.organization_id, entry.original_organization_id)
    for members in made.values():
        yield from (member.get("organization_id") for member in members)


Made = tuple[Row, LedgerEntry, TargetRows]


def _whole_or_one_by_one(
    batch: list[Made], check: Callable[[list[Made]], Iterable[Difference]]
) -> Iterator[list[Difference]]:
    """What `check` says of the batch; where one row stops it, what it says of each row by itself."""
    try:
        yield list(check(batch))
    except psycopg.Error:
        raise
    except Exception as cause:
        if len(batch) == 1:
            yield [_beyond_comparison(*batch[0][:2], cause)]
            return
        for one in batch:
            yield from _whole_or_one_by_one([one], check)
