"""Executions of every variant, the steps they carry in themselves, and what is odd about them."""

from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.graph.rows import first_filled
from atlas_workflows.legacy.history.row_facts import EPOCH, WORKFLOW_COLUMNS, RowFacts
from atlas_workflows.legacy.history.step_entries import step_rows
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import InBulk, RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.secret_values import seal_values
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.timing.instants import is_before

STATUSES = {
    "pending": "pending", "queued": "queued", "waiting": "queued", "running": "running", "started": "running",
    "active": "running", "completed": "completed", "success": "completed", "succeeded": "completed",
    "done": "completed", "failed": "failed", "error": "failed", "cancelled": "cancelled", "canceled": "cancelled",
    "timeout": "timeout", "timed_out": "timeout", "paused": "paused", "skipped": "skipped",
}  # fmt: skip
_ENDED = frozenset({"completed", "failed", "cancelled", "timeout", "skipped"})
# Columns in which one variant or another keeps the steps.
_STEP_COLUMNS = ("execution_steps", "execution_log", "results")


def execution_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """One execution and the steps in it. Times stay as they are, to the microsecond; nothing is dated now."""
    facts = RowFacts(row)
    workflow = facts.side("workflow")
    if not facts.own(tenancy, workflow or {}):
        if not row.columns.get("workflow_id"):
            facts.findings.reason(
                ReasonCode.EXECUTION_WITHOUT_WORKFLOW, "workflow_id", "It names no workflow."
            )
        return facts.quarantined()
    flags: list[str] = []
    status = status_of(row.columns.get("status"), facts, flags)
    started_at = _started_at(facts, flags)
    _note_oddities(facts, status, workflow is not None, flags)
    columns = row.columns
    execution = {
        "id": facts.id("execution"),
        "organization_id": facts.organization,
        "workflow_id": facts.workflow(),
        "status": status,
        "triggered_by": facts.text("triggered_by"),
        "trigger_data": facts.json("trigger_data"),
        "input_data": facts.json("input_data"),
        "output_data": facts.json("output_data", "result"),
        "context": facts.json("context", "execution_metadata"),
        "error": facts.text("error", "error_message"),
        "started_at": started_at,
        "completed_at": columns.get("completed_at"),
        "execution_time_ms": facts.milliseconds("execution_time_ms", "duration_ms"),
        "created_at": columns.get("created_at"),
        "updated_at": columns.get("updated_at"),
        "legacy_flags": flags,
        **facts.lineage(),
    }
    rows = {"workflow_executions": [execution]}
    if steps := _carried_steps(facts, execution):
        rows["workflow_execution_steps"] = steps
    return facts.done(rows)


def status_of(told: str | None, facts: RowFacts, flags: list[str]) -> str:
    """The status in our words; an unknown or missing one is read from how the row ended, and flagged."""
    known = STATUSES.get((told or "").strip().lower())
    if known is not None:
        return known
    columns = facts.columns
    failed = first_filled(columns, "error", "error_message") is not None
    read = "failed" if failed else "completed" if columns.get("completed_at") else "pending"
    facts.findings.reason(
        ReasonCode.EXECUTION_STATUS_UNKNOWN, "status", f"{(told or '')[:40]!r} is read as {read}."
    )
    flags.append("status_unknown")
    return read


def _started_at(facts: RowFacts, flags: list[str]) -> str:
    told = facts.columns.get("started_at")
    if told is not None:
        return told
    facts.findings.reason(ReasonCode.STARTED_AT_MISSING, "started_at", "No start is stored.")
    flags.append("no_start")
    return first_filled(facts.columns, "created_at", "completed_at") or EPOCH


def _note_oddities(facts: RowFacts, status: str, has_workflow: bool, flags: list[str]) -> None:
    columns, findings = facts.columns, facts.findings
    started, completed = columns.get("started_at"), columns.get("completed_at")
    if not columns.get("workflow_id"):
        flags.append("no_workflow")
        findings.reason(ReasonCode.EXECUTION_WITHOUT_WORKFLOW, "workflow_id", "It names no workflow.")
    elif not has_workflow:
        flags.append("no_workflow")
        findings.reason(ReasonCode.PARENT_MISSING, "workflow_id", "Its workflow does not exist.")
    if facts.is_foreign():
        flags.append("foreign_workflow")
    if status == "running" and completed is None:
        flags.append("stuck")
        findings.reason(ReasonCode.EXECUTION_STUCK, "status", "It is running and was never finished.")
    contradiction = contradiction_of(status, started, completed)
    if contradiction:
        flags.append("contradictory")
        findings.reason(ReasonCode.EXECUTION_CONTRADICTORY, "completed_at", contradiction)
    if facts.row.side.get("twins"):
        flags.append("twin")
        twins = ", ".join(str(twin["twin_id"]) for twin in facts.row.side["twins"][:3])
        findings.reason(
            ReasonCode.EXECUTION_TWIN, "trigger_data", f"Same workflow, data and time as {twins}."
        )


def contradiction_of(status: str, started: str | None, completed: str | None) -> str:
    """How status and times contradict each other; empty when they do not. Texts are of one session, all in UTC."""
    if status in ("completed", "failed") and completed is None:
        return f"It is {status}, but has no end."
    if status in ("running", "pending", "queued") and completed is not None:
        return f"It is {status}, but has an end."
    if is_before(completed, started):
        return "It ended before it started."
    return ""


def _carried_steps(facts: RowFacts, execution: dict[str, Any]) -> list[dict[str, Any]]:
    name = next(
        (name for name in _STEP_COLUMNS if facts.columns.get(name) not in (None, "[]", "null", "{}")), None
    )
    if name is None:
        return []
    steps = decode(facts.columns, name, facts.findings)
    if facts.may_hold_secret:
        steps = seal_values(steps, name, facts.findings)
    if not isinstance(steps, list):
        facts.findings.reason(ReasonCode.STEPS_UNREADABLE, name, "The steps are no list.")
        if steps is not None:
            execution["context"] = execution["context"] or dumps_text({name: steps})
        return []
    return step_rows(steps, name, facts, execution)


TWINS = InBulk(
    "atlas_twin_candidates",
    makes="legacy/twin_candidates",
    fills="legacy/twin_candidates_found",
    statement="legacy/twin_executions_in_bulk",
)
SOURCE = SourceTable(
    "workflow_executions",
    execution_rows,
    sides=(
        SideTable("workflow", "workflows", "id", of="workflow_id", columns=WORKFLOW_COLUMNS),
        SideTable(
            "twins",
            "workflow_executions",
            "id",
            columns=("id", "twin_id"),
            statement="legacy/twin_executions",
            in_bulk=TWINS,
        ),
    ),
    after=("workflows",),
)
