"""What a reconciliation found: tallies and trees by organization and table, and every difference. Several parts make one whole."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from atlas_workflows.migration.reconciliation.certified import Secrets
from atlas_workflows.migration.reconciliation.differences import Difference
from atlas_workflows.migration.reconciliation.tree import TableTree

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

    def take_over(self, other: "Tally") -> None:
        """Add what was tallied elsewhere of the same table and organization."""
        self.source_rows += other.source_rows
        self.pending += other.pending
        self.outcomes.update(other.outcomes)
        for mine, theirs in (
            (self.live, other.live),
            (self.recorded, other.recorded),
            (self.sealed, other.sealed),
        ):
            mine.add_all(theirs)

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
    enhanced table -> tree of its rows; `faulty`: organizations that a difference concerns; `oldest_snapshot`: in seconds;
    `seconds`: table or question -> seconds that sessions worked on it, all sessions together; `sessions`: how many there were."""

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
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    sessions: int = 1

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

    def take_over(self, part: "Reconciliation") -> None:
        """Add what another session found, which is not asked again: what only it knows of becomes this one's as it is."""
        for organization, tables in part.tallies.items():
            mine = self.tallies[organization]
            for table, tally in tables.items():
                if table in mine:
                    mine[table].take_over(tally)
                else:
                    mine[table] = tally
        for organization, trees in part.kept.items():
            kept = self.kept[organization]
            for table, tree in trees.items():
                if table in kept:
                    kept[table].add_all(tree)
                else:
                    kept[table] = tree
        self.differences = [*self.differences, *part.differences][:MAX_LISTED]
        self.difference_count += part.difference_count
        self.faulty |= part.faulty
        for name, seconds in part.seconds.items():
            self.seconds[name] += seconds
