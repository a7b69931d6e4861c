"""What a look at a legacy database found: rows, outcomes and dirt per table, with examples to go and see."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.legacy.reasons import Reason, SemanticChange
from atlas_workflows.legacy.records import RowsOutcome
from atlas_workflows.legacy.source.dispositions import disposition_of
from atlas_workflows.legacy.source.shapes import Shape
from atlas_workflows.secrets.masking import mask

EXAMPLES = 3


@dataclass(slots=True)
class Dirt:
    """One class of dirt in one table."""

    count: int = 0
    examples: list[dict[str, str | None]] = field(default_factory=list)
    changes_meaning: bool = False


@dataclass(slots=True)
class TableInspection:
    """One table: `rows` there are, `looked_at` of them translated on trial."""

    table: str
    rows: int
    looked_at: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    dirt: dict[str, Dirt] = field(default_factory=dict)
    secrets: int = 0

    def add(self, row_id: str, verdict: RowsOutcome) -> None:
        """Count one row; a code counts once per row, however often the row shows it."""
        self.looked_at += 1
        self.outcomes[str(verdict.outcome)] += 1
        self.secrets += len(verdict.secrets)
        seen: set[str] = set()
        everything: list[Reason | SemanticChange] = [*verdict.reasons, *verdict.changes]
        for found in everything:
            if found.code not in seen:
                seen.add(found.code)
                self._note(row_id, found)

    def _note(self, row_id: str, found: Reason | SemanticChange) -> None:
        dirt = self.dirt.setdefault(str(found.code), Dirt(changes_meaning=isinstance(found, SemanticChange)))
        dirt.count += 1
        if len(dirt.examples) < EXAMPLES:
            dirt.examples.append(
                {"id": row_id, "field": found.field and mask(found.field), "message": mask(found.message)}
            )

    def to_json(self) -> dict[str, Any]:
        """JSON-able; classes of dirt with the most rows first."""
        known = disposition_of(self.table)
        ordered = sorted(self.dirt.items(), key=lambda pair: (-pair[1].count, pair[0]))
        return {
            "table": self.table,
            "rows": self.rows,
            "looked_at": self.looked_at,
            "disposition": known.fate if known else None,
            "outcomes": dict(sorted(self.outcomes.items())),
            "secrets": self.secrets,
            "dirt": [
                {
                    "code": code,
                    "rows": dirt.count,
                    "changes_meaning": dirt.changes_meaning,
                    "examples": dirt.examples,
                }
                for code, dirt in ordered
            ],
        }


def shape_json(shape: Shape) -> dict[str, Any]:
    """The shape and its variants, JSON-able."""
    return {
        "shape": "scoring" if shape.letter == "S" else shape.letter,
        "organization_column": shape.organization_column,
        "stats_columns": list(shape.stats_columns),
        "workflow_system_executions": shape.workflow_system_executions,
        "earlier_attempt": list(shape.attempt),
        "tables": sorted(shape.tables),
    }
