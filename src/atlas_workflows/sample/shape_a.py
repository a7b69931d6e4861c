"""How shape A writes a draft: the graph in columns."""

from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import timestamp
from atlas_workflows.sample.draft import ABSENT, Absent, Draft
from atlas_workflows.sample.rows import Row, boolean
from atlas_workflows.sample.spec import SampleSpec, Shape, Variant


def workflow_row(draft: Draft, spec: SampleSpec) -> Row:
    """The row of `workflows`; counters count finished executions, cancelled ones never."""
    counts = draft.counts
    row: dict[str, str | None] = {
        "id": draft.id,
        "name": draft.name,
        "description": draft.description,
        "status": draft.status,
        "nodes": document(draft.nodes),
        "edges": document(draft.edges),
        "variables": document(draft.variables),
        "trigger_type": draft.trigger_type,
        "trigger_config": document(draft.trigger_config),
        "settings": document(draft.settings),
        "total_executions": str(counts.completed + counts.failed),
        "successful_executions": str(counts.completed),
        "failed_executions": str(counts.failed),
        "last_run_at": timestamp(draft.last_run_at) if draft.last_run_at else None,
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
    }
    if spec.has_organization:
        row["organization_id"] = draft.organization_id
    row |= scoring_cells(draft, spec)
    row.update((name, text) for name, text in draft.columns.items() if name in row)
    return row


def scoring_cells(draft: Draft, spec: SampleSpec) -> dict[str, str | None]:
    """What the scoring variant adds to a row of any shape."""
    if Variant.SCORING not in spec.variants:
        return {}
    is_active = draft.status == "active" if draft.is_active is None else draft.is_active
    cells = {
        "is_active": boolean(is_active),
        "actions": document(ABSENT if draft.actions is None else draft.actions),
    }
    if spec.shape is Shape.E:
        # Shape E has its own actions and keeps the trigger's settings elsewhere.
        own = {} if draft.actions is None else {"actions": cells["actions"]}
        return {"trigger_config": document(draft.trigger_config), **own}
    return cells


def document(value: Any) -> str | None:
    """The text of a jsonb column; Absent is SQL NULL, None is JSON null."""
    return None if isinstance(value, Absent) else exact_json.dumps_text(value)
