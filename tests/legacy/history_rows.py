"""Rows beside the workflows, made up for tests, and what is read off their translation."""

from typing import Any

from legacy_rows import ORGANIZATION, ROW, WORKFLOW, text_of

from atlas_workflows.legacy.history.executions import execution_rows
from atlas_workflows.legacy.records import RowsOutcome, SourceRow, Tenancy

TENANCY = Tenancy(frozenset({ORGANIZATION}))
PARENT = {"id": WORKFLOW, "organization_id": ORGANIZATION}
START, END = "2025-03-30 01:59:59.999999+00", "2025-03-30 02:00:00.5+00"


def source(table: str, side: dict[str, Any] | None = None, **columns: Any) -> SourceRow:
    row = {"id": ROW, "workflow_id": WORKFLOW, **{name: text_of(value) for name, value in columns.items()}}
    sides = {"workflow": (PARENT,)} if side is None else side
    return SourceRow(table, ROW, row, sides)


def execution(side: dict[str, Any] | None = None, **columns: Any) -> RowsOutcome:
    facts = {"status": "completed", "started_at": START, "completed_at": END, **columns}
    return execution_rows(source("workflow_executions", side, **facts), TENANCY)


def flags(verdict: RowsOutcome) -> list[str]:
    found: list[str] = verdict.rows["workflow_executions"][0]["legacy_flags"]
    return found


def codes(verdict: RowsOutcome) -> set[str]:
    return {str(reason.code) for reason in verdict.reasons}
