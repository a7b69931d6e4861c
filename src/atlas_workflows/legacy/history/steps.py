"""workflow_execution_steps of shape B: one row each, with the partition key of its execution where it has no start."""

from atlas_workflows.legacy.graph.rows import first_filled
from atlas_workflows.legacy.history.executions import contradiction_of
from atlas_workflows.legacy.history.row_facts import EPOCH, RowFacts
from atlas_workflows.legacy.history.step_entries import STATUSES
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy


def execution_step_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """One step of one execution."""
    facts = RowFacts(row)
    execution = facts.side("execution")
    if execution is None:
        facts.findings.reason(ReasonCode.PARENT_MISSING, "execution_id", "Its execution does not exist.")
    if not facts.own(tenancy, execution or {}) or execution is None:
        return facts.quarantined()
    columns = row.columns
    flags: list[str] = []
    status = STATUSES.get((columns.get("status") or "").lower())
    if status is None:
        flags.append("status_unknown")
        facts.findings.reason(ReasonCode.EXECUTION_STATUS_UNKNOWN, "status", "The status is not one of ours.")
    if columns.get("started_at") is None:
        flags.append("no_start")
    if status == "running" and columns.get("completed_at") is None:
        flags.append("stuck")
        facts.findings.reason(ReasonCode.EXECUTION_STUCK, "status", "The step was never finished.")
    if contradiction := contradiction_of(
        status or "", columns.get("started_at"), columns.get("completed_at")
    ):
        flags.append("contradictory")
        facts.findings.reason(ReasonCode.EXECUTION_CONTRADICTORY, "completed_at", contradiction)
    started_at = (
        first_filled(columns, "started_at") or first_filled(execution, "started_at", "created_at") or EPOCH
    )
    step = {
        "id": facts.id("step"),
        "execution_id": facts.reference("execution_id", "workflow_executions", "execution"),
        "organization_id": facts.organization,
        "position": 0,
        "node_id": columns.get("node_id") or "unknown",
        "node_type": columns.get("node_type") or "unknown",
        "action_type": columns.get("action_type"),
        "status": status or "pending",
        "input_data": facts.json("input_data"),
        "output_data": facts.json("output_data"),
        "error": facts.text("error", "error_message"),
        "started_at": started_at,
        "completed_at": columns.get("completed_at"),
        "execution_time_ms": facts.milliseconds("execution_time_ms"),
        "created_at": columns.get("created_at"),
        "legacy_flags": flags,
        **facts.lineage(),
    }
    return facts.done({"workflow_execution_steps": [step]})


SOURCE = SourceTable(
    "workflow_execution_steps",
    execution_step_rows,
    sides=(
        SideTable(
            "execution",
            "workflow_executions",
            "id",
            of="execution_id",
            columns=("id", "organization_id", "org_id", "started_at", "created_at"),
        ),
    ),
    after=("workflow_executions",),
)
