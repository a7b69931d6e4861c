"""The reconciliation: streams every source row past our side of it, tallies, and grows the trees of both sides."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.ledger.own_writes import OwnWrites, read_own_writes
from atlas_workflows.migration.reconciliation import at_rest, secrets_and_sign_offs, strays
from atlas_workflows.migration.reconciliation.certified import (
    Secrets,
    kept_rows,
    kept_secrets,
    sealed_original,
)
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import (
    ARCHIVE,
    LEFT_IN,
    STEPS,
    LedgerEntry,
    TargetRows,
    TargetTable,
    holds_any_of,
    read_archived,
    read_entries,
    read_target_tables,
    read_targets,
)
from atlas_workflows.migration.reconciliation.rows import compare_row, hashes_of, live_leaf, recorded_leaf
from atlas_workflows.migration.reconciliation.set_wise import (
    Keys,
    Proven,
    Question,
    can_be_asked,
    next_keys,
    total_of,
)
from atlas_workflows.migration.reconciliation.snapshots import Snapshots, snapshots
from atlas_workflows.migration.reconciliation.source_side import (
    BATCH,
    Row,
    Shelf,
    count_rows,
    read_batch,
    read_keys,
    read_shelves,
)
from atlas_workflows.migration.reconciliation.tree import TableTree
from atlas_workflows.migration.reconciliation.vault import Vault
from atlas_workflows.migration.reconciliation.workflows import Opened

Covers = Callable[[str | None], bool]
Report = Callable[[str, int, int], None]
# Beyond this many the finding is "everything"; the count goes on, the list does not.
MAX_LISTED = 10_000
NO_ORGANIZATION = ""


@dataclass(slots=True)
class Tally:
    """One table of one organization: source rows by outcome, rows still pending, the trees of both sides, and that of the
    originals that are sealed."""

    source_rows: int = 0
    pending: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    live: TableTree = field(default_factory=TableTree)
    recorded: TableTree = field(default_factory=TableTree)
    sealed: TableTree = field(default_factory=TableTree)

    @property
    def adds_up(self) -> bool:
        """source = migrated + with warnings + quarantined + skipped + archived (+ what is pending)."""
        return self.source_rows == sum(self.outcomes.values()) + self.pending

    @property
    def agrees(self) -> bool:
        """Whether the counts add up and both sides have the same tree."""
        return self.adds_up and self.live.root == self.recorded.root


@dataclass(slots=True)
class Reconciliation:
    """What was found. `tallies`: organization ("" for rows that name none) -> table -> Tally; `kept`: organization ->
    enhanced table -> tree of its rows; `faulty`: organizations that a difference concerns; `oldest_snapshot`: in seconds."""

    tallies: dict[str, dict[str, Tally]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Tally))
    )
    kept: dict[str, dict[str, TableTree]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(TableTree))
    )
    secrets: dict[str, Secrets] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    difference_count: int = 0
    faulty: set[str] = field(default_factory=set)
    snapshots: list[str] = field(default_factory=list)
    oldest_snapshot: float = 0.0

    @property
    def is_clean(self) -> bool:
        return self.difference_count == 0 and all(
            tally.agrees for tables in self.tallies.values() for tally in tables.values()
        )

    def is_proven(self, organization: str) -> bool:
        """Whether nothing differs of this organization and nothing of it is pending, whatever the others have."""
        return organization not in self.faulty and all(
            tally.agrees and not tally.pending for tally in self.tallies[organization].values()
        )

    @property
    def pending(self) -> int:
        return sum(tally.pending for tables in self.tallies.values() for tally in tables.values())

    def blame(self, *organizations: str | None) -> None:
        """What differs concerns these organizations; they get no certificate."""
        self.faulty.update(organization.lower() for organization in organizations if organization)

    def note(self, found: Iterable[Difference]) -> None:
        """Count all, list the first MAX_LISTED."""
        for difference in found:
            self.difference_count += 1
            self.blame(difference.organization_id, difference.also)
            if len(self.differences) < MAX_LISTED:
                self.differences.append(difference)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What stays the same over all batches."""

    shelves: dict[str, Shelf]
    targets: tuple[TargetTable, ...]
    vault: Vault
    covers: Covers
    ours: OwnWrites
    set_wise: bool

    def is_ours(self, shelf: Shelf, id_: str) -> bool:
        """Whether a row is a workflow that is executed here."""
        return shelf.table == "workflows" and id_ in self.ours.taken_over


@dataclass(slots=True)
class Progress:
    """How many rows of a table are done."""

    table: str
    total: int
    report: Report
    done: int = 0

    def add(self, rows: int) -> None:
        self.done += rows
        self.report(self.table, self.done, max(self.total, self.done))


@dataclass(slots=True)
class Holding:
    """Which tables of ours hold anything of a legacy table in the current snapshot; those in `left_in` may."""

    table: str
    targets: tuple[TargetTable, ...]
    left_in: Collection[str] = ()
    looked_in: int = 0
    found: tuple[TargetTable, ...] = ()

    def now(self, kept: Snapshots) -> tuple[Connection, tuple[TargetTable, ...]]:
        """The session in its snapshot, and the tables: what is read beside them must be asked of this session alone."""
        session = kept.current()
        if self.looked_in != kept.number:
            self.looked_in = kept.number
            self.found = tuple(
                table
                for table in self.targets
                if table.name in self.left_in or holds_any_of(session, table, self.table)
            )
        return session, self.found


def reconcile(
    connection: Connection,
    vault: Vault,
    *,
    covers: Covers = lambda _: True,
    report: Report = lambda *_: None,
    set_wise: bool = True,
) -> Reconciliation:
    """Compare both sides in the database of `connection` (an autocommit session with the fixed settings).

    `covers` says whether the run is about an organization. Rows with changes still to be taken up count as pending, and so
    do workflows that are executed here: from their cutover on both sides may differ. `set_wise`: rows of history that hold are
    proven by the database; without it every row is compared here, and the same is found.
    """
    found, ours = Reconciliation(), read_own_writes(connection)
    with snapshots(connection) as kept:
        session = kept.current()
        around = Comparison(read_shelves(session), read_target_tables(session), vault, covers, ours, set_wise)
        for shelf in around.shelves.values():
            _compare_table(kept, around, shelf, found, report)
            gone = strays.ledger_without_source(kept.current(), shelf)
            found.note(_covered((item for item in gone if not around.is_ours(shelf, item.id)), covers))
        _look_for_strays(kept, around, found)
        found.secrets = kept_secrets(kept.current(), vault)
        found.snapshots = kept.taken
    found.oldest_snapshot = kept.oldest
    return found


def _compare_table(
    kept: Snapshots, around: Comparison, shelf: Shelf, found: Reconciliation, report: Report
) -> None:
    session = kept.current()
    progress = Progress(shelf.table, count_rows(session, shelf), report)
    if around.set_wise and can_be_asked(session, shelf):
        _prove_history(kept, around, shelf, found, progress)
    else:
        _compare_rows(kept, around, shelf, Keys(), found, progress)


def _prove_history(
    kept: Snapshots, around: Comparison, shelf: Shelf, found: Reconciliation, progress: Progress
) -> None:
    """Range by range: what the database proves is summed up, and the rest compared row by row."""
    holding = Holding(shelf.table, around.targets)
    keys = next_keys(kept.current(), shelf, None)
    while True:
        session, present = holding.now(kept)
        question = Question(around.shelves, shelf, around.targets, present)
        proven = question.ask(session, keys)
        if proven is None:
            _compare_rows(kept, around, shelf, keys, found, progress)
        else:
            for part in proven:
                _take_over(part, question, around, found)
            progress.add(sum(part.rows for part in proven if part.organization is not None))
            others = dict.fromkeys(key for part in proven for key in part.others or ())
            _compare_keys(kept, around, holding, shelf, list(others), found, progress)
        if keys.upto is None:
            return
        keys = next_keys(kept.current(), shelf, keys.upto)


def _take_over(part: Proven, question: Question, around: Comparison, found: Reconciliation) -> None:
    """Rows of one organization that the database proved, into its tally and its trees."""
    if part.organization is None or part.bucket is None:
        return
    if not around.covers(part.organization):
        return
    tally = found.tallies[part.organization][question.shelf.table]
    tally.source_rows += part.rows
    tally.outcomes["migrated"] += part.rows
    for tree in (tally.live, tally.recorded):
        tree.add_total(part.bucket, part.rows, total_of(part.leaves))
    trees = found.kept[part.organization]
    trees[question.main].add_total(part.bucket, part.rows, total_of(part.main_kept))
    if part.lines:
        trees[STEPS].add_total(part.bucket, part.lines, total_of(part.member_kept))


def _compare_keys(
    kept: Snapshots,
    around: Comparison,
    holding: Holding,
    shelf: Shelf,
    keys: list[Any],
    found: Reconciliation,
    progress: Progress,
) -> None:
    for at in range(0, len(keys), BATCH):
        session, targets = holding.now(kept)
        rows = read_keys(session, around.shelves, shelf, keys[at : at + BATCH])
        _compare_batch(session, replace(around, targets=targets), shelf, rows, found)
        progress.add(len(rows))


def _compare_rows(
    kept: Snapshots, around: Comparison, shelf: Shelf, keys: Keys, found: Reconciliation, progress: Progress
) -> None:
    # Asking the large tables costs more than looking into them for each batch.
    after, holding = keys.after, Holding(shelf.table, around.targets, LEFT_IN)
    while True:
        session, targets = holding.now(kept)
        rows = read_batch(session, around.shelves, shelf, after, around.ours, upto=keys.upto)
        if not rows:
            return
        _compare_batch(session, replace(around, targets=targets), shelf, rows, found)
        after = rows[-1].columns[shelf.key]
        progress.add(len(rows))


def _compare_batch(
    session: Connection, around: Comparison, shelf: Shelf, batch: list[Row], found: Reconciliation
) -> None:
    rows = [row for row in batch if around.covers(row.organization_id)]
    ids = [row.id for row in rows]
    entries = read_entries(session, shelf.table, ids)
    targets = read_targets(session, around.targets, shelf.table, ids)
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


def _look_for_strays(kept: Snapshots, around: Comparison, found: Reconciliation) -> None:
    found.note(_covered(strays.originals_without_ledger(kept.current()), around.covers))
    for table in around.targets:
        found.note(_covered(strays.targets_without_ledger(kept.current(), table), around.covers))
        found.note(_covered(strays.doubled_targets(kept.current(), table), around.covers))
        found.note(_covered(at_rest.written_since(kept.current(), table), around.covers))
        found.note(_covered(at_rest.rows_of_no_migration(kept.current(), table), around.covers))
    found.note(_covered(strays.tenants_crossed(kept.current()), around.covers))
    found.note(_covered(strays.miscounted(kept.current()), around.covers))
    found.note(_covered(at_rest.live_too_early(kept.current()), around.covers))


def _covered(differences: Iterable[Difference], covers: Covers) -> Iterable[Difference]:
    return (difference for difference in differences if covers(difference.organization_id))
