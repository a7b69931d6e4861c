"""The parity gate: a cohort cuts over only where every live workflow was compared as it stands, with nothing unexplained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.shadow.rules import COMPARISON_RULES

MOST_NAMED = 20
SHUT = {
    "never_compared": "never compared",
    "changed_since": "changed since they were compared",
    "other_rules": "compared by the rules of another release",
    "unexplained": "with a difference that no recorded change explains",
}
OUTDATED = frozenset({"never_compared", "changed_since", "other_rules"})


@dataclass(frozen=True, slots=True)
class Parity:
    """Where one workflow stands. `found`: never_compared, changed_since, other_rules, unexplained, explained or same."""

    workflow_id: str
    organization_id: str
    name: str
    is_live: bool
    found: str
    unexplained: int
    triggers: int


def read_parity(connection: Connection, organizations: Sequence[str] | None) -> tuple[Parity, ...]:
    """Of all workflows that came from a legacy row, of these organizations (None: all)."""
    given = {
        "organizations": None if organizations is None else list(organizations),
        "rules": COMPARISON_RULES,
    }
    with acting_as_migration(connection):
        return tuple(rows(connection, Parity, sql("migration/shadow/parity"), given))


def parity_by_workflow(connection: Connection, organizations: Sequence[str] | None) -> Mapping[str, str]:
    """same, explained, unexplained, or not_compared (also where anything changed since, rules too): what a cutover decides by."""
    found = ((item.workflow_id, item.found) for item in read_parity(connection, organizations))
    return {id_: "not_compared" if word in OUTDATED else word for id_, word in found}


def held_up(connection: Connection, organizations: Sequence[str] | None) -> tuple[Parity, ...]:
    """The live workflows that keep the gate shut for these organizations (None: all); empty means that it is open."""
    found = read_parity(connection, organizations)
    return tuple(item for item in found if item.is_live and item.found in SHUT)


def problem_of(found: Sequence[Parity]) -> str:
    """One sentence for people."""
    counts = Counter(item.found for item in found)
    parts = [f"{times} {SHUT[word]}" for word, times in counts.most_common()]
    return f"{len(found)} live workflows may not be cut over: {', '.join(parts)}."


def summary_of(found: Sequence[Parity]) -> dict[str, Any]:
    """For the run's record: counts, organizations, and the first of the workflows."""
    return {
        "held_up": dict(Counter(item.found for item in found)),
        "held_up_organizations": sorted({item.organization_id for item in found})[:MOST_NAMED],
        "held_up_workflows": [item.workflow_id for item in found[:MOST_NAMED]],
    }
