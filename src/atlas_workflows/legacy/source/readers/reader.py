"""What a reader of a shape declares, and how a source row becomes a LegacyWorkflow."""

import re
from dataclasses import dataclass

from atlas_workflows.legacy.records import LegacyWorkflow, SideTable, SourceRow

TRIGGERS = SideTable("triggers", "workflow_triggers", "workflow_id")
WEBHOOKS = SideTable("webhooks", "webhook_triggers", "workflow_id")
SCHEDULES = SideTable("schedules", "schedule_triggers", "workflow_id")
EVIDENCE = "evidence"  # no table of the source: what the survey of the history found
NODES = SideTable("nodes", "workflow_nodes", "workflow_id", order="node_id")


@dataclass(frozen=True, slots=True)
class Reader:
    """`organization` lists the columns that may name the tenant, in this order."""

    shape: str
    organization: tuple[str, ...] = ("organization_id", "org_id")
    sides: tuple[SideTable, ...] = (TRIGGERS, WEBHOOKS, SCHEDULES)

    def record(self, row: SourceRow) -> LegacyWorkflow:
        """The row as the translation wants it; nothing is interpreted yet."""
        columns = row.columns
        named = [columns[name] for name in self.organization if columns.get(name)]
        return LegacyWorkflow(
            shape=self.shape_of(row),
            table=row.table,
            id=row.id,
            organization_id=named[0] if named else None,
            columns=columns,
            trigger_rows=row.side.get("triggers", ()),
            webhook_rows=row.side.get("webhooks", ()),
            schedule_rows=row.side.get("schedules", ()),
            node_rows=row.side.get("nodes", ()),
            evidence=next(iter(row.side.get(EVIDENCE, ())), None),
        )

    def shape_of(self, row: SourceRow) -> str:
        """The shape this row is read as; scoring workflows live among those of other linear shapes."""
        if self.shape in LINEAR and _SCORING.search(row.columns.get("trigger_config") or ""):
            return "S"
        return self.shape


LINEAR = frozenset("CDEFS")
_SCORING = re.compile(r'"trigger_type"\s*:\s*"lead_(?:score|became)')
