"""The reconciliation: every source row is held against our side of it, tallied, and grows the trees of both sides."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.ledger.own_writes import read_own_writes
from atlas_workflows.migration.reconciliation import at_rest, strays
from atlas_workflows.migration.reconciliation.certified import kept_secrets
from atlas_workflows.migration.reconciliation.comparison import Comparison, compare_batch
from atlas_workflows.migration.reconciliation.differences import Difference
from atlas_workflows.migration.reconciliation.findings import NO_ORGANIZATION, Reconciliation
from atlas_workflows.migration.reconciliation.holdings import Holdings
from atlas_workflows.migration.reconciliation.our_side import STEPS, TargetTable, read_target_tables
from atlas_workflows.migration.reconciliation.set_wise import (
    BY_SETS,
    RANGE,
    Proven,
    Question,
    can_be_asked,
    misplaced,
    total_of,
)
from atlas_workflows.migration.reconciliation.side_by_side import Reader, Task, work_off
from atlas_workflows.migration.reconciliation.snapshots import Snapshots, snapshots
from atlas_workflows.migration.reconciliation.source_side import (
    BATCH,
    Keys,
    Shelf,
    cut,
    read_batch,
    read_keys,
    read_shelves,
)
from atlas_workflows.migration.reconciliation.vault import Vault

# The table at work, and of all tables the rows done and the rows there are.
Report = Callable[[str, int, int], None]
# As claimed_of_others.sql names it: a row has one entry, and may have an original beside it.
LEDGER_PLACE = "migration_ledger.organization_id"


@dataclass(slots=True)
class Progress:
    """How many rows of all tables are done; told by whichever session did some."""

    report: Report
    total: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, table: str, rows: int) -> None:
        with self.lock:
            self.done += rows
            self.total = max(self.total, self.done)
            self.report(table, self.done, self.total)


def reconcile(
    connection: Connection,
    vault: Vault,
    *,
    beside: Sequence[Connection] = (),
    covered: frozenset[str] | None = None,
    report: Report = lambda *_: None,
    set_wise: bool = True,
) -> Reconciliation:
    """Compare both sides in the database of `connection` (an autocommit session with the fixed settings; `beside`: more of
    them, which work side by side with it in the same snapshot).

    `covered`: the organizations it is about, None for everything. Rows with changes still to be taken up count as pending, and
    so do workflows that are executed here: from their cutover on both sides may differ. `set_wise`: rows of history that hold
    are proven by the database; without it every row is compared here, and the same is found.
    """
    sessions = (connection, *beside)
    with snapshots(sessions) as kept:
        session = kept.current()
        around = Comparison(
            read_shelves(session), read_target_tables(session), vault, read_own_writes(session), covered
        )
        work = _Work(around, Holdings(around.targets), Progress(report))
        found = work.done(kept, set_wise)
        found.secrets = kept_secrets(kept.current(), vault, around.organizations)
        found.snapshots, found.sessions = kept.taken, len(sessions)
    found.oldest_snapshot = kept.oldest
    return found


@dataclass(slots=True)
class _Work:
    """What there is to ask, and what the answers to questions about rows say of those about whole tables.

    `by_sets`: legacy tables asked by sets; `proven`: the tables of ours that hold nothing else; `strays`, `written`: those of
    `by_sets` of which rows of one side have nothing on the other, and whose rows hold something in a column that no migration
    writes. Only of these it is asked which rows.
    """

    around: Comparison
    holdings: Holdings
    progress: Progress
    by_sets: frozenset[str] = frozenset()
    proven: frozenset[str] = frozenset()
    suspects: dict[str, list[str]] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)

    def done(self, kept: Snapshots, set_wise: bool) -> Reconciliation:
        """Ask all of it."""
        session = kept.current()
        shelves = self.around.shelves.values()
        self.by_sets = frozenset(
            shelf.table for shelf in shelves if set_wise and can_be_asked(session, shelf)
        )
        self.look(session)
        self.proven = frozenset(table.name for table in self.around.targets if self._is_proven(table))
        rows = [task for shelf in sorted(shelves, key=self._order) for task in self._rows(kept, shelf)]
        found = work_off(kept, [*self._of_tables(), *rows], self.look)
        found.take_over(work_off(kept, self._of_what_was_seen(), self.look))
        return found

    def look(self, session: Connection) -> None:
        """What is asked once in each snapshot."""
        self.holdings.look(session)
        self.suspects = {
            table: misplaced(session, self.around.shelves[table]) for table in sorted(self.by_sets)
        }

    def _order(self, shelf: Shelf) -> bool:
        """First what keeps the server busy, last what keeps this process busy."""
        return shelf.table not in self.by_sets

    # Rows

    def _rows(self, kept: Snapshots, shelf: Shelf) -> Iterator[Task]:
        size, ask = (RANGE, self._prove) if shelf.table in self.by_sets else (BATCH, self._compare)
        ranges, total = cut(kept.current(), self.around.shelves, shelf, size, self.around.organizations)
        self.progress.total += total
        for keys in ranges:
            yield Task(shelf.table, partial(ask, shelf, keys))

    def _prove(self, shelf: Shelf, keys: Keys, reader: Reader) -> None:
        """What the database proves is summed up, and the rest compared row by row."""
        question = Question(
            self.around.shelves, shelf, self.around.targets, self.holdings.of(shelf.table),
            self.suspects[shelf.table], self.around.organizations,
        )  # fmt: skip
        proven = question.ask(reader.session, keys)
        if proven is None:
            self.strays.add(shelf.table)
            self.written.add(shelf.table)
            reader.put_next([Task(shelf.table, partial(self._compare, shelf, keys))])
            return
        for part in proven:
            _take_over(part, question, reader.found)
            self.strays |= {shelf.table} if part.strays else set()
            self.written |= {shelf.table} if part.written else set()
        self.progress.add(shelf.table, sum(part.rows for part in proven if part.organization is not None))
        others = list(dict.fromkeys(key for part in proven for key in part.others or ()))
        reader.put_next(
            [
                Task(shelf.table, partial(self._compare_these, shelf, others[at : at + BATCH]))
                for at in range(0, len(others), BATCH)
            ]
        )

    def _compare_these(self, shelf: Shelf, keys: list[object], reader: Reader) -> None:
        rows = read_keys(reader.session, self.around.shelves, shelf, keys)
        compare_batch(reader.session, self.around, self.holdings.of(shelf.table), shelf, rows, reader.found)
        self.progress.add(shelf.table, len(rows))

    def _compare(self, shelf: Shelf, keys: Keys, reader: Reader) -> None:
        """The first rows of a range; what is left of it comes next, perhaps in another snapshot."""
        around = self.around
        rows = read_batch(
            reader.session, around.shelves, shelf, keys.after, around.ours,
            upto=keys.upto, organizations=around.organizations,
        )  # fmt: skip
        if not rows:
            return
        compare_batch(reader.session, around, self.holdings.of(shelf.table), shelf, rows, reader.found)
        self.progress.add(shelf.table, len(rows))
        last = rows[-1].columns[shelf.key]
        if len(rows) == BATCH and last != keys.upto:
            rest = Keys(last, keys.upto)
            reader.put_next([Task(shelf.table, partial(self._compare, shelf, rest))])

    # Whole tables

    def _of_tables(self) -> Iterator[Task]:
        """Every question that proving rows by sets does not answer beside."""
        these = self.around.organizations
        yield _question("analytics", strays.miscounted, these)
        yield _question("tenants", strays.tenants_crossed, these)
        for table in self.around.targets:
            if table.name not in self.proven:
                yield from self._of_target(table)
            if these is not None:
                yield _question(table.name, strays.of_others, table, these)
        for shelf in self.around.shelves.values():
            if shelf.table not in self.by_sets:
                yield self._of_ledger(shelf)
            if these is not None:
                yield Task(shelf.table, partial(self._claimed, shelf))
        # What is proven of some organizations is asked for by their rows, so no row leads to an original that stands alone.
        left_out = self.by_sets if these is None else frozenset[str]()
        yield _question("originals", partial(strays.originals_without_ledger, left_out=left_out), these)
        yield _question("quarantine", strays.quarantine_without_ledger, these)
        yield _question("cutover", at_rest.live_too_early, these)

    def _of_what_was_seen(self) -> Iterator[Task]:
        """What is asked because some row showed that there is something to find."""
        these = self.around.organizations
        for table in (table for table in self.around.targets if table.name in self.proven):
            sources = [source for source in self.by_sets if _made_of(source, table)]
            if self.strays.intersection(sources):
                yield _question(table.name, strays.targets_without_ledger, table, these)
                yield _question(table.name, strays.doubled_targets, table, these)
            if self.written.intersection(sources):
                yield _question(table.name, at_rest.written_since, table, these)
        for name in sorted(self.strays):
            yield self._of_ledger(self.around.shelves[name])
        if self.strays and these is None:
            yield _question("originals", partial(strays.originals_without_ledger, only=self.strays), these)

    def _is_proven(self, table: TargetTable) -> bool:
        """Whether every row of the table that names a source row was asked about with that row."""
        sources = [source for source in self.by_sets if _made_of(source, table)]
        return bool(sources) and self.holdings.is_only_of(table.name, sources)

    def _of_target(self, table: TargetTable) -> Iterator[Task]:
        these = self.around.organizations
        for ask in (
            strays.targets_without_ledger,
            strays.doubled_targets,
            at_rest.written_since,
            at_rest.rows_of_no_migration,
        ):
            yield _question(table.name, ask, table, these)

    def _claimed(self, shelf: Shelf, reader: Reader) -> None:
        """What the ledger has under these organizations and the source under others: different, or pending where it was."""
        around, differences, pending = self.around, list[Difference](), dict[str, str | None]()
        for claim in strays.claimed_of_others(reader.session, around.shelves, shelf, around.organizations):
            item = claim.difference
            if claim.is_gone:
                # A table that is not asked by sets is asked for these anyway.
                self.strays |= {shelf.table} & self.by_sets
            elif not claim.is_pending and not around.is_ours(shelf, item.id):
                differences.append(item)
            elif item.column == LEDGER_PLACE:
                pending[item.id] = item.organization_id
        reader.found.note(differences)
        for organization in pending.values():
            tally = reader.found.tallies[organization or NO_ORGANIZATION][shelf.table]
            tally.source_rows += 1
            tally.pending += 1

    def _of_ledger(self, shelf: Shelf) -> Task:
        def ask(session: Connection) -> Iterable[Difference]:
            gone = strays.ledger_without_source(session, shelf, self.around.organizations)
            return (item for item in gone if not self.around.is_ours(shelf, item.id))

        return _question(shelf.table, ask)


def _question(name: str, ask: Callable[..., Iterable[Difference]], *about: object) -> Task:
    return Task(name, lambda reader: reader.found.note(ask(reader.session, *about)))


def _made_of(source: str, table: TargetTable) -> bool:
    """Whether rows of this table of ours are looked at with the rows of that legacy table."""
    return table.name == BY_SETS[source] or (table.name == STEPS and source == "workflow_executions")


def _take_over(part: Proven, question: Question, found: Reconciliation) -> None:
    """Rows of one organization that the database proved, into its tally and its trees."""
    if part.organization is None or part.bucket is None:
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
