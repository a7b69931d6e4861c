"""Which of the six legacy shapes a catalog shows, and which of their variants. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from atlas_workflows.db.tables import Catalog
from atlas_workflows.errors import UnknownShape

STATS_COLUMNS = ("total_executions", "successful_executions", "failed_executions", "last_run_at")

# Columns and tables that only the earlier enhanced attempt made (facts: enhanced contract, sections 1 and 2).
ATTEMPT_COLUMNS = (
    "is_template", "template_name", "template_description", "usage_count", "avg_execution_time_ms",
    "error_rate", "performance_score", "updated_by",
)  # fmt: skip
ATTEMPT_TABLES = (
    "workflow_execution_queue", "workflow_execution_logs", "workflow_performance_metrics",
    "workflow_rate_limits", "workflow_conditions", "workflow_webhooks", "workflow_action_definitions",
    "workflow_trigger_definitions",
)  # fmt: skip
# Legacy and attempt use these names for different tables; one column tells which it is.
ATTEMPT_MARKS = {
    "workflow_triggers": "trigger_name",
    "workflow_variables": "data_type",
    "workflow_analytics": "hour",
    "workflow_templates": "default_settings",
    "workflow_execution_steps": "context_snapshot",
}
SIDE_TABLES = (
    "workflow_executions", "workflow_execution_steps", "workflow_versions", "workflow_nodes",
    "workflow_templates", "workflow_triggers", "webhook_triggers", "schedule_triggers",
    "workflow_variables", "workflow_code_snippets", "workflow_queue", "workflow_analytics",
    "trigger_definitions", "action_definitions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape's letter (A to F, or S for the scoring mix) and the variants seen.

    `attempt` names what an earlier, half-applied enhanced attempt left: columns as workflows.x, tables by name.
    """

    letter: str
    organization_column: str | None
    stats_columns: tuple[str, ...]
    workflow_system_executions: bool
    attempt: tuple[str, ...]
    tables: frozenset[str]


def detect_shape(catalog: Catalog) -> Shape:
    """The shape of `workflows`; raises UnknownShape that says what was seen instead."""
    columns = catalog.columns("workflows")
    executions = catalog.columns("workflow_executions")
    return Shape(
        letter=_letter(catalog, columns),
        organization_column=next((name for name in ("organization_id", "org_id") if name in columns), None),
        stats_columns=tuple(name for name in STATS_COLUMNS if name in columns),
        workflow_system_executions="execution_steps" in executions and "created_at" in executions,
        attempt=_attempt(catalog),
        tables=frozenset(name for name in SIDE_TABLES if name in catalog.tables),
    )


def _letter(catalog: Catalog, columns: Mapping[str, str]) -> str:
    if not columns:
        raise _unknown(catalog, "there is no table `workflows`")
    if "workflow_data" in columns:
        return "B"
    if "nodes" in columns and "edges" in columns:
        return "A"
    if "actions" not in columns:
        seen = ", ".join(columns)
        raise _unknown(
            catalog, f"`workflows` has neither workflow_data, nodes and edges, nor actions; it has {seen}"
        )
    return _linear_letter(catalog, columns)


def _linear_letter(catalog: Catalog, columns: Mapping[str, str]) -> str:
    if "active" in columns:
        return "C"
    if "is_active" in columns:
        if "trigger_conditions" in columns:
            return "E"
        return "F" if "execution_count" in columns or "created_by" in columns else "S"
    if "status" in columns:
        return "D"
    raise _unknown(catalog, f"`workflows` has actions but no on/off column; it has {', '.join(columns)}")


def _attempt(catalog: Catalog) -> tuple[str, ...]:
    columns = catalog.columns("workflows")
    found = [f"workflows.{name}" for name in ATTEMPT_COLUMNS if name in columns]
    found += [name for name in ATTEMPT_TABLES if name in catalog.tables]
    found += [name for name, mark in ATTEMPT_MARKS.items() if mark in catalog.columns(name)]
    return tuple(found)


def _unknown(catalog: Catalog, fact: str) -> UnknownShape:
    seen = ", ".join(sorted(catalog.tables)[:20]) or "no tables at all"
    return UnknownShape(
        f"No known shape of a legacy CRM: {fact}.",
        remedy=f"Check that the DSN names the CRM's database (schema {catalog.schema} holds: {seen}).",
        schema=catalog.schema,
    )
