"""How shape B writes executions and, in their own table, their steps."""

from collections.abc import Iterable, Iterator

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import Dice, timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, starter_of, step_status, step_times

EXECUTION_COLUMNS = (
    "id", "workflow_id", "organization_id", "status", "trigger_data", "context", "started_at", "completed_at", "error",
    "execution_time_ms", "created_at",
)  # fmt: skip
STEP_COLUMNS = (
    "id", "execution_id", "node_id", "node_type", "action_type", "status", "input_data", "output_data", "error",
    "started_at", "completed_at", "execution_time_ms", "created_at",
)  # fmt: skip

Cells = tuple[str | None, ...]


def execution_tuples(draft: Draft, executions: Iterable[Execution]) -> Iterator[Cells]:
    by_hand = ', "triggeredBy": "manual"' if starter_of(draft) == "manual" else ""
    for execution in executions:
        subject = f'{{"leadId": "{execution.lead.id}", "source": "{execution.lead.source}"{by_hand}}}'
        yield (
            execution.id,
            draft.id,
            draft.organization_id,
            execution.status,
            subject,
            execution.note
            or f'{{"lead": {{"first_name": {exact_json.dumps_text(execution.lead.first_name)}}}}}',
            None if execution.start_lost else timestamp(execution.started_at),
            timestamp(execution.completed_at) if execution.completed_at else None,
            execution.error,
            str(execution.step_ms * execution.reached) if execution.completed_at else None,
            timestamp(execution.started_at),
        )


def step_tuples(draft: Draft, executions: Iterable[Execution], seed: int) -> Iterator[Cells]:
    dice = Dice(seed, f"steps/{draft.number}")
    heads = [(stop.node_id, stop.node_type, stop.action_type) for stop in draft.trail]
    for execution in executions:
        yield from _steps(dice, execution, heads)


def _steps(dice: Dice, execution: Execution, heads: list[tuple[str, str, str | None]]) -> Iterator[Cells]:
    length = str(execution.step_ms)
    for number, (begin, end) in enumerate(step_times(execution)):
        status = step_status(execution, number)
        failed = status == "failed"
        started_at = timestamp(begin)
        yield (
            dice.uuid(),
            execution.id,
            *heads[number],
            status,
            "{}",
            None if failed else '{"ok": true}',
            execution.error if failed else None,
            started_at,
            timestamp(end),
            length,
            started_at,
        )
