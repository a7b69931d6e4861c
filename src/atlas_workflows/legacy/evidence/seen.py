"""What a survey of the history found about one workflow, as translation reads it: classes only, no counts, no dates.

Counts and dates change with every execution, and a row would be translated anew each time; classes hardly ever change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.records import Row


class Seen(StrEnum):
    """What became of the events that a workflow's own column asks for."""

    FIRES = "fires"
    SILENT = "silent"
    NOTHING = "nothing"


class StepSeen(StrEnum):
    """What the history says about a step, over all executions that reached it."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    SELDOM = "seldom"  # too few executions reached it to tell


@dataclass(frozen=True, slots=True)
class Evidence:
    """`steps`: node id -> what was seen; empty where no steps were recorded. `often`: nodes executed many times."""

    seen: Seen
    by_hand: bool = False
    steps: Mapping[str, StepSeen] = field(default_factory=dict)
    often: frozenset[str] = frozenset()

    def to_row(self) -> Row:
        """As a side row, whose text enters the hash over a translation's inputs."""
        steps: dict[str, Any] = {id_: str(seen) for id_, seen in sorted(self.steps.items())}
        return {
            "seen": str(self.seen),
            "by_hand": "true" if self.by_hand else "false",
            "steps": dumps_text(steps),
            "often": dumps_text(sorted(self.often)),
        }


def evidence_from(row: Row) -> Evidence:
    """The evidence of `to_row`."""
    steps, often = row.get("steps") or "{}", row.get("often") or "[]"
    return Evidence(
        Seen(row.get("seen") or Seen.NOTHING),
        row.get("by_hand") == "true",
        {} if steps == "{}" else {id_: StepSeen(seen) for id_, seen in loads(steps).items()},
        frozenset() if often == "[]" else frozenset(loads(often)),
    )
