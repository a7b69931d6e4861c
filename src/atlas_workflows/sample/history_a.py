"""How shape A and the workflow-system file write executions: one row, steps as an array in it."""

from collections.abc import Iterable, Iterator

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import iso, timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, step_times

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
        yield (*_builder_cells(draft, execution, heads), *_later_cells(draft, execution))[: len(columns)]


def _builder_cells(draft: Draft, execution: Execution, heads: list[str]) -> Cells:
    subject = f'{{"leadId": "{execution.lead.id}", "source": "{execution.lead.source}"}}'
    return (
        execution.id,
        draft.id,
        execution.status,
        timestamp(execution.started_at),
        timestamp(execution.completed_at) if execution.completed_at else None,
        subject,
        '{"success": true}' if execution.status == "completed" else "{}",
        execution.error,
        _steps(execution, heads),
        draft.trigger_type,
        subject,
    )


def _later_cells(draft: Draft, execution: Execution) -> Cells:
    touched = timestamp(execution.completed_at or execution.started_at)
    return (draft.organization_id, timestamp(execution.started_at), touched)


def _step_heads(draft: Draft) -> list[str]:
    """The part of each step's JSON that is the same in every execution of the workflow."""
    return [
        exact_json.dumps_text(
            {"nodeId": node.get("id"), "nodeType": node.get("type"), "nodeLabel": node["data"].get("label")}
        )[:-1]
        for node in draft.trail
    ]


def _steps(execution: Execution, heads: list[str]) -> str:
    last = execution.reached - 1
    parts = []
    for number, (begin, _) in enumerate(step_times(execution)):
        failed = number == last and execution.status == "failed"
        status = "failed" if failed else "completed"
        error = f',"error":{exact_json.dumps_text(execution.error)}' if failed else ',"output":{"ok":true}'
        parts.append(
            f'{heads[number]},"status":"{status}","timestamp":"{iso(begin)}","duration":{execution.step_ms}{error}}}'
        )
    return f"[{','.join(parts)}]"
