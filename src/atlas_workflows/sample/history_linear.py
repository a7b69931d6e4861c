"""How shapes C to F write executions; D and E keep a log in the row."""

from collections.abc import Iterable, Iterator

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import iso, timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, starter_of, step_status, step_times
from atlas_workflows.sample.shape_linear import tenant_column
from atlas_workflows.sample.spec import Shape

Cells = tuple[str | None, ...]


def columns(shape: Shape) -> tuple[str, ...]:
    plain = (
        "id",
        "workflow_id",
        tenant_column(shape),
        "status",
        "trigger_data",
        "started_at",
        "completed_at",
        "error",
    )
    return (*plain, "execution_log") if shape in (Shape.D, Shape.E) else plain


def execution_tuples(draft: Draft, executions: Iterable[Execution], shape: Shape) -> Iterator[Cells]:
    """Rows in the order of `columns(shape)`."""
    heads = [_head(number, stop.label) for number, stop in enumerate(draft.trail)]
    with_log = shape in (Shape.D, Shape.E)
    by_hand = ', "triggeredBy": "manual"' if starter_of(draft) == "manual" else ""
    for execution in executions:
        cells = (
            execution.id,
            draft.id,
            draft.organization_id,
            execution.status,
            f'{{"leadId": "{execution.lead.id}"{by_hand}}}',
            None if execution.start_lost else timestamp(execution.started_at),
            timestamp(execution.completed_at) if execution.completed_at else None,
            execution.error,
        )
        yield (*cells, _log(execution, heads)) if with_log else cells


def _head(number: int, label: str) -> str:
    return exact_json.dumps_text({"step_id": f"action_{number}", "step_name": label})[:-1]


def _log(execution: Execution, heads: list[str]) -> str:
    parts = []
    for number, (begin, _) in enumerate(step_times(execution)):
        status = step_status(execution, number)
        result = '"result":{"ok":true}'
        if status == "failed" and execution.error:
            result = f'"error":{exact_json.dumps_text(execution.error)}'
        parts.append(f'{heads[number]},"status":"{status}","timestamp":"{iso(begin)}",{result}}}')
    return f"[{','.join(parts)}]"
