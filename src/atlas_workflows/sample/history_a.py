"""How shape A and the workflow-system file write executions: one row, steps as an array in it."""

from collections.abc import Iterable, Iterator

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import iso, timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, starter_of, step_status, step_times

BUILDER = (
    "id", "workflow_id", "status", "started_at", "completed_at", "input_data", "output_data", "error_message",
    "execution_steps", "triggered_by", "trigger_data",
)  # fmt: skip
PATCHED = (*BUILDER, "organization_id")
SYSTEM = (*PATCHED, "created_at", "updated_at")

Cells = tuple[str | None, ...]


def execution_tuples(
    draft: Draft, executions: Iterable[Execution], columns: tuple[str, ...]
) -> Iterator[Cells]:
    """Rows in the order of `columns`, one of the three forms above."""
    heads = _step_heads(draft)
    for execution in executions:
        yield (*_builder_cells(draft, execution, heads), *_later_cells(draft, execution, columns))[
            : len(columns)
        ]


def _builder_cells(draft: Draft, execution: Execution, heads: list[str]) -> Cells:
    subject = f'{{"leadId": "{execution.lead.id}", "source": "{execution.lead.source}"}}'
    return (
        execution.id,
        None if execution.detached else draft.id,
        execution.status,
        None if execution.start_lost else timestamp(execution.started_at),
        timestamp(execution.completed_at) if execution.completed_at else None,
        subject,
        execution.note or ('{"success": true}' if execution.status == "completed" else "{}"),
        execution.error,
        _steps(execution, heads),
        starter_of(draft),
        subject,
    )


def _later_cells(draft: Draft, execution: Execution, columns: tuple[str, ...]) -> Cells:
    # The workflow-system file requires an organization even where the workflow has lost its own.
    organization_id = draft.organization_id or (draft.organization.id if columns == SYSTEM else None)
    touched = timestamp(execution.completed_at or execution.started_at)
    return (organization_id, timestamp(execution.started_at), touched)


def _step_heads(draft: Draft) -> list[str]:
    """The part of each step's JSON that is the same in every execution of the workflow."""
    return [
        exact_json.dumps_text({"nodeId": stop.node_id, "nodeType": stop.node_type, "nodeLabel": stop.label})[
            :-1
        ]
        for stop in draft.trail
    ]


def _steps(execution: Execution, heads: list[str]) -> str:
    parts = []
    for number, (begin, _) in enumerate(step_times(execution)):
        status = step_status(execution, number)
        result = '"output":{"ok":true}'
        if status == "failed" and execution.error:
            result = f'"error":{exact_json.dumps_text(execution.error)}'
        parts.append(
            f'{heads[number]},"status":"{status}","timestamp":"{iso(begin)}","duration":{execution.step_ms},{result}}}'
        )
    return f"[{','.join(parts)}]"
