"""The parity gate: a cohort cuts over only where every live workflow was compared as it stands, with nothing unexplained."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql

MOST_NAMED = 20
_WORDS = {
    "never_compared": "never compared",
    "changed_since": "changed since they were compared",
    "unexplained": "with a difference that no recorded change explains",
}


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A live workflow that keeps its organization from being cut over. `why`: never_compared, changed_since, unexplained."""

    workflow_id: str
    organization_id: str
    name: str
    why: str
    unexplained: int
    triggers: int


def held_up(connection: Connection, organizations: Sequence[str] | None) -> tuple[HeldUp, ...]:
    """Everything that keeps the gate shut for these organizations (None: all); empty means that it is open."""
    given = {"organizations": None if organizations is None else list(organizations)}
    with acting_as_migration(connection):
        return tuple(rows(connection, HeldUp, sql("migration/shadow/held_up"), given))


def problem_of(found: Sequence[HeldUp]) -> str:
    """One sentence for people."""
    counts = Counter(item.why for item in found)
    parts = [f"{times} {_WORDS[why]}" for why, times in counts.most_common()]
    return f"{len(found)} live workflows may not be cut over: {', '.join(parts)}."


def summary_of(found: Sequence[HeldUp]) -> dict[str, Any]:
    """For the run's record: counts, organizations, and the first of the workflows."""
    return {
        "held_up": dict(Counter(item.why for item in found)),
        "held_up_organizations": sorted({item.organization_id for item in found})[:MOST_NAMED],
        "held_up_workflows": [item.workflow_id for item in found[:MOST_NAMED]],
    }
