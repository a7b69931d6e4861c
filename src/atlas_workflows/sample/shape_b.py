"""How shape B writes a draft: the graph in workflow_data, statistics as one document."""

from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import iso, timestamp
from atlas_workflows.sample.draft import Absent, Draft
from atlas_workflows.sample.rows import Row
from atlas_workflows.sample.shape_a import document, scoring_cells
from atlas_workflows.sample.spec import SampleSpec

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
)


def workflow_row(draft: Draft, spec: SampleSpec) -> Row:
    """The row of `workflows`."""
    row: dict[str, str | None] = {
        "id": draft.id,
        "organization_id": draft.organization_id,
        "name": draft.name,
        "description": draft.description,
        "status": draft.status,
        "version": str(draft.version),
        "workflow_data": exact_json.dumps_text(workflow_data(draft)),
        "trigger_type": draft.trigger_type or "manual",
        "trigger_config": document(draft.trigger_config),
        "settings": document(draft.settings),
        "stats": exact_json.dumps_text(_stats(draft)),
        "created_by": draft.organization.staff[0].id,
        "template_id": draft.template_id,
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
    }
    row |= scoring_cells(draft, spec)
    row.update((name, text) for name, text in draft.columns.items() if name in row)
    return row


def workflow_data(draft: Draft) -> Any:
    """The document, or what dirt put in its place."""
    if draft.workflow_data is not None:
        return draft.workflow_data
    parts = {
        "nodes": draft.nodes,
        "edges": draft.edges,
        "variables": variable_array(draft.variables),
        "viewport": {"x": 0, "y": 0, "zoom": 1},
        **draft.extra_data,
    }
    return {name: part for name, part in parts.items() if not isinstance(part, Absent)}


def variable_array(variables: Any) -> Any:
    """Shape B keeps variables as an array; anything but a plain mapping is left as it is."""
    if not isinstance(variables, dict):
        return variables
    return [
        {"name": name, "type": variable_type(value), "value": value, "scope": "workflow"}
        for name, value in variables.items()
    ]


def variable_type(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "string")


def _stats(draft: Draft) -> dict[str, Any]:
    counts = draft.counts
    return {
        "totalExecutions": counts.completed + counts.failed,
        "successfulExecutions": counts.completed,
        "failedExecutions": counts.failed,
        "avgExecutionTime": 1200 if counts.completed else 0,
        "lastExecutedAt": iso(draft.last_run_at) if draft.last_run_at else None,
    }
