"""Analytics as reported, definitions, the old queue, and the query copy of nodes."""

from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.history.row_facts import WORKFLOW_COLUMNS, RowFacts
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Outcome, RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.secret_values import seal_values
from atlas_workflows.legacy.source.documents import decode

_WORKFLOW = SideTable("workflow", "workflows", "id", of="workflow_id", columns=WORKFLOW_COLUMNS)
_JSON_COLUMNS = frozenset({"data", "trigger_data", "context", "context_data", "input_data"})


def analytics_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """One day as the old application counted it: double counts and all, and never summed with ours."""
    facts = RowFacts(row)
    columns = row.columns
    is_twin = bool(row.side.get("twins"))
    if is_twin:
        facts.findings.reason(ReasonCode.ANALYTICS_DUPLICATE, "date", "The day is counted by another row.")
    is_ours = facts.own(tenancy, facts.side("workflow") or {})
    workflow = facts.workflow()
    if workflow is None and not columns.get("workflow_id"):
        facts.findings.reason(ReasonCode.COLUMN_UNDECODABLE, "workflow_id", "The day names no workflow.")
    if not is_ours or is_twin or workflow is None:
        return facts.quarantined()
    day = {
        "id": facts.id("analytics"),
        "organization_id": facts.organization,
        "workflow_id": workflow,
        "date": columns.get("date"),
        "hour": columns.get("hour"),
        "origin": "legacy_reported",
        "executions_count": facts.count("executions_count"),
        "successful_count": facts.count("success_count", "successful_executions"),
        "failed_count": facts.count("failure_count", "failed_executions"),
        "total_execution_time_ms": facts.milliseconds("total_execution_time_ms"),
        "avg_execution_time_ms": facts.milliseconds("avg_execution_time_ms"),
        "unique_triggers": facts.count("unique_triggers"),
        "created_at": columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_analytics": [day]})


def definition_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:  # noqa: ARG001
    """A definition of a trigger or an action; it belongs to nobody, and its id is a word."""
    facts = RowFacts(row)
    facts.organization = None
    is_trigger = row.table == "trigger_definitions"
    columns = row.columns
    definition: dict[str, Any] = {
        "id": str(derived_id(row.table, row.id, "definition")),
        "organization_id": None,
        ("trigger_type" if is_trigger else "action_type"): row.id,
        "category": columns.get("category") or "custom",
        "name": columns.get("name") or row.id,
        "description": facts.text("description"),
        "icon": columns.get("icon"),
        "output_schema": facts.json("output_schema") or "{}",
        "is_active": columns.get("is_active") == "true",
        "version": "legacy",
        **facts.lineage(),
    }
    if is_trigger:
        definition["config_schema"] = facts.json("config_schema", "input_schema") or "{}"
        return facts.done({"workflow_trigger_definitions": [definition]})
    definition["input_schema"] = facts.json("input_schema") or "{}"
    definition["config_schema"] = facts.json("config_schema")
    definition["is_premium"] = columns.get("is_premium") == "true"
    return facts.done({"workflow_action_definitions": [definition]})


def queue_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A job of the old queue: the old application still works it off, so it is only archived."""
    facts = RowFacts(row)
    if not facts.own(tenancy, facts.side("workflow") or {}):
        return facts.quarantined()
    facts.findings.reason(ReasonCode.QUEUE_ENTRY_ARCHIVED, None, "The job is archived, never executed by us.")
    kept = {name: _kept(facts, name) for name in row.columns}
    archived = {
        "id": str(derived_id(row.table, row.id, "archive")),
        "organization_id": facts.organization,
        "table_name": row.table,
        "row_id": row.id,
        "row": dumps_text(kept),
        "reason": str(ReasonCode.QUEUE_ENTRY_ARCHIVED),
    }
    return facts.done({"archive": [archived]}, Outcome.ARCHIVED)


def _kept(facts: RowFacts, name: str) -> Any:
    if name not in _JSON_COLUMNS:
        return facts.text(name)
    value = decode(facts.columns, name, facts.findings)
    return seal_values(value, name, facts.findings) if facts.may_hold_secret else value


def node_copy_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A node in the query copy; compared when its workflow is translated, and not migrated."""
    facts = RowFacts(row)
    if not facts.own(tenancy, facts.side("workflow") or {}):
        return facts.quarantined()
    facts.findings.reason(
        ReasonCode.QUERY_COPY_SKIPPED, None, "The graph of the workflow itself is migrated."
    )
    workflow = row.columns.get("workflow_id")
    return facts.done({}, Outcome.SKIPPED, parent=("workflows", workflow) if workflow else None)


ANALYTICS = SourceTable(
    "workflow_analytics",
    analytics_rows,
    sides=(
        _WORKFLOW,
        SideTable(
            "twins",
            "workflow_analytics",
            "id",
            columns=("id", "twin_id"),
            statement="legacy/twin_analytics",
        ),
    ),
    after=("workflows",),
)
TRIGGER_DEFINITIONS = SourceTable("trigger_definitions", definition_rows)
ACTION_DEFINITIONS = SourceTable("action_definitions", definition_rows)
QUEUE = SourceTable("workflow_queue", queue_rows, sides=(_WORKFLOW,), after=("workflows",))
NODES = SourceTable("workflow_nodes", node_copy_rows, sides=(_WORKFLOW,), after=("workflows",))
