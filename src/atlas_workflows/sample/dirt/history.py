"""Sections 8.10 and 9.10: executions that are stuck, contradictory, doubled, detached or wrongly judged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from atlas_workflows.sample.dice import Dice, millis
from atlas_workflows.sample.executions import Execution
from atlas_workflows.sample.recipe import Recipe, action, wait
from atlas_workflows.sample.spec import Shape, Variant
from atlas_workflows.sample.specimen import (
    ALL_SHAPES,
    GREETING,
    CoverageClass,
    HistoryChange,
    Specimen,
    recipe,
)

A, B = frozenset({Shape.A}), frozenset({Shape.B})
BOTH = A | B
OneChange = Callable[[Execution], None]
STEP_STATUSES = (
    "pending",
    "running",
    "started",
    "completed",
    "failed",
    "skipped",
    "cancelled",
    "paused",
    "queued",
    "timeout",
)
# What shape B's check of a step's status allows.
STEP_STATUSES_B = ("pending", "running", "completed", "failed", "skipped")
_LONG = (
    GREETING,
    wait(1, "hours"),
    action("add_tag", "Tag", tag="a"),
    wait(2, "hours"),
    action("add_tag", "Tag", tag="b"),
    action("add_note", "Note", note="c"),
    action("add_note", "Note", note="d"),
    action("add_note", "Note", note="e"),
    action("add_note", "Note", note="f"),
)


def _stuck(execution: Execution) -> None:
    execution.status, execution.completed_at, execution.error = "running", None, None


def _pending(execution: Execution) -> None:
    execution.status, execution.completed_at, execution.error, execution.reached = "pending", None, None, 0


def _no_end(execution: Execution) -> None:
    execution.status, execution.completed_at, execution.error = "completed", None, None


def _ends_before_start(execution: Execution) -> None:
    execution.completed_at = execution.started_at - timedelta(hours=1)


def _detached(execution: Execution) -> None:
    execution.detached = True


def _start_lost(execution: Execution) -> None:
    execution.start_lost = True


def _judged_wrongly(execution: Execution) -> None:
    execution.status, execution.error = "failed", None


def _foreign_id(execution: Execution) -> None:
    execution.note = f'{{"executionId": "exec_{millis(execution.started_at)}_k3j9x2"}}'


def _every_status(execution: Execution) -> None:
    execution.reached, execution.step_statuses = len(STEP_STATUSES), STEP_STATUSES


def _every_status_b(execution: Execution) -> None:
    execution.reached, execution.step_statuses = len(STEP_STATUSES_B), STEP_STATUSES_B


def _first(code: str, spoil: OneChange) -> HistoryChange:
    def change(executions: list[Execution], _: Dice) -> list[tuple[str, str]]:
        spoil(executions[0])
        return [(code, executions[0].id)]

    return change


def _twins(executions: list[Execution], dice: Dice) -> list[tuple[str, str]]:
    """The route's row and the processor's row for one trigger, three milliseconds apart."""
    first = executions[0]
    executions[1] = replace(first, id=dice.uuid(), started_at=first.started_at + timedelta(milliseconds=3))
    return [("9.10:twins", first.id), ("9.10:twins", executions[1].id)]


_TWIN = """EXISTS (
    SELECT FROM public.workflow_executions AS o
    WHERE o.workflow_id = workflow_executions.workflow_id AND o.id <> workflow_executions.id
    AND o.trigger_data = workflow_executions.trigger_data
    AND abs(extract(epoch FROM o.started_at - workflow_executions.started_at)) < 1
)"""
_STEPS_B = "(SELECT count(DISTINCT s.status) FROM public.workflow_execution_steps AS s WHERE s.execution_id = {}) = 5"
# code -> (change of the first execution, shapes, condition, condition in shape B)
_ONE: dict[str, tuple[OneChange, frozenset[Shape], str, str | None]] = {
    "9.10:stuck": (_stuck, ALL_SHAPES, "status = 'running' AND completed_at IS NULL", None),
    "9.10:pending": (_pending, B, "status = 'pending'", None),
    "9.10:completed_without_end": (
        _no_end,
        ALL_SHAPES,
        "status = 'completed' AND completed_at IS NULL",
        None,
    ),
    "9.10:ends_before_start": (_ends_before_start, ALL_SHAPES, "completed_at < started_at", None),
    "9.10:workflow_null": (_detached, A, "workflow_id IS NULL", None),
    "9.10:started_at_null": (_start_lost, ALL_SHAPES, "started_at IS NULL", None),
    "9.10:success_recorded_failed": (
        _judged_wrongly,
        ALL_SHAPES,
        "status = 'failed' AND error_message IS NULL",
        "status = 'failed' AND error IS NULL",
    ),
    "9.10:foreign_execution_id": (
        _foreign_id,
        BOTH,
        "output_data ->> 'executionId' LIKE 'exec\\_%'",
        "context ->> 'executionId' LIKE 'exec\\_%'",
    ),
    "8.10:step_statuses": (
        _every_status,
        A,
        f"jsonb_array_length(jsonb_path_query_array(execution_steps, '$[*].status')) = {len(STEP_STATUSES)}",
        None,
    ),
    "8.10:log_statuses": (
        _every_status,
        frozenset({Shape.D, Shape.E}),
        f"jsonb_array_length(jsonb_path_query_array(execution_log, '$[*].status')) = {len(STEP_STATUSES)}",
        None,
    ),
    "8.10:step_statuses_checked": (_every_status_b, B, _STEPS_B.format("workflow_executions.id"), None),
}
# The workflow-system file requires a workflow.
_EXCLUDED = {"9.10:workflow_null": frozenset({Variant.WORKFLOW_SYSTEM})}


def _recipe(code: str) -> Recipe:
    return recipe(f"History: {code.partition(':')[2].replace('_', ' ')}", _LONG)


SPECIMENS = (
    *(
        Specimen(
            (), _recipe(code), None, shapes, _first(code, spoil), excluded=_EXCLUDED.get(code, frozenset())
        )
        for code, (spoil, shapes, *_) in _ONE.items()
    ),
    Specimen((), recipe("History: twins"), None, ALL_SHAPES, _twins),
)
CLASSES = (
    *(
        CoverageClass(
            code,
            where=where,
            where_b=where_b,
            shapes=shapes,
            table="workflow_executions",
            excluded=_EXCLUDED.get(code, frozenset()),
        )
        for code, (_, shapes, where, where_b) in _ONE.items()
    ),
    CoverageClass("9.10:twins", where=_TWIN, shapes=ALL_SHAPES, table="workflow_executions"),
)
