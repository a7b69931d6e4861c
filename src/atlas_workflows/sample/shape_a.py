"""How shape A writes a draft: the graph in columns."""

from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import timestamp
from atlas_workflows.sample.draft import Absent, Draft
from atlas_workflows.sample.rows import Row
from atlas_workflows.sample.spec import SampleSpec


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
    row.update((name, text) for name, text in draft.columns.items() if name in row)
    return row


def document(value: Any) -> str | None:
    """The text of a jsonb column; Absent is SQL NULL, None is JSON null."""
    return None if isinstance(value, Absent) else exact_json.dumps_text(value)
