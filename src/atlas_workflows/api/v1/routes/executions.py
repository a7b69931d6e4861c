"""Executions: begun by hand, tried without effects, listed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.routing import EXECUTES, READS
from atlas_workflows.api.v1.documents import refused, require_storable
from atlas_workflows.api.v1.ids import Workflow
from atlas_workflows.api.v1.routes.workflows import OLD, WORKFLOW, Repeat
from atlas_workflows.api.v1.routing import PageNumber, PageSize, v1_router
from atlas_workflows.api.v1.running import done, v1_of
from atlas_workflows.api.v1.schemas.executions import (
    Begun,
    ExecutionStatus,
    OldExecutions,
    Tested,
    ToExecute,
)
from atlas_workflows.api.v1.shown import pages, read_shown
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.exact_json import loads
from atlas_workflows.store.explanation import obstacles
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.publication import DraftInvalid, read_workflow
from atlas_workflows.store.steering import audit
from atlas_workflows.store.trials import Deadline, PublishedWorkflows, program_to_try
from atlas_workflows.worker.model import Start

ROUTER = v1_router("v1 executions")
Reader = Annotated[Tenant, Depends(READS)]
Executor = Annotated[Tenant, Depends(EXECUTES)]
MOST_STEPS = 10_000
# Ours in v1's words: what v1 asks for, and what it is told.
_STATUSES: Mapping[str, list[str]] = {
    "pending": ["pending", "queued"], "running": ["running", "paused"], "failed": ["failed", "timeout"],
    "completed": ["completed", "skipped"], "cancelled": ["cancelled"],
}  # fmt: skip
_TOLD = {ours: theirs for theirs, all_ours in _STATUSES.items() for ours in all_ours}


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    organization_id: str
    workflow_id: str
    status: str
    triggered_by: str | None
    trigger_data: str | None
    input_data: str | None
    output_data: str | None
    error_message: str | None
    started_at: datetime
    completed_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Step:
    execution: str
    node_id: str
    node_type: str
    status: str
    started_at: datetime
    execution_time_ms: int | None
    output_data: str | None
    error: str | None


@ROUTER.post(OLD + "/{workflow}/execute", response_model=Begun, openapi_extra=WORKFLOW)
def execute_old_workflow(
    request: Request,
    executor: Executor,
    workflow: Workflow,
    body: ToExecute | None = None,
    key: Repeat = None,
) -> Response:
    """Begin an execution of what is published. The same Idempotency-Key begins none twice."""
    wish = body or ToExecute()
    require_storable(wish.model_dump(), "body")
    named = executor.require("workflows", "workflow", workflow)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        started = _begin(connection, executor, named, wish, key or uuid4().hex)
        audit(connection, executor.organization, ("workflow_executions", started), "execute_workflow", executor.by("Asked by v1."))  # fmt: skip
        return 200, {"success": True, "execution_id": started, "workflow_id": named, "status": "pending"}

    return done(request, executor, key, work)


@ROUTER.post(OLD + "/{workflow}/test", response_model=Tested, openapi_extra=WORKFLOW)
def try_old_workflow(
    request: Request, executor: Executor, workflow: Workflow, body: ToExecute | None = None
) -> Response:
    """What the draft would do, on a virtual clock on which waits pass at once; nothing is sent and nothing stored."""
    wish = body or ToExecute()
    require_storable(wish.model_dump(), "body")
    shown = read_shown(executor, v1_of(request).old, workflow)
    program, begins_at = _to_try(shown.definition), _trigger(shown.definition) or ""
    with executor.reading() as connection:
        library = PublishedWorkflows(connection, executor.organization, program)
        played = simulate(
            program, begins_at, _data(wish), executor.now, execution=str(uuid4()),
            subject=_subject(wish) or str(uuid4()), library=library.program, between=Deadline(),
        )  # fmt: skip
    return reply(Tested, _tested(played))


@ROUTER.get(OLD + "/{workflow}/executions", response_model=OldExecutions, openapi_extra=WORKFLOW)
def list_old_executions(
    reader: Reader,
    workflow: Workflow,
    page: PageNumber = 1,
    page_size: PageSize = 25,
    status: ExecutionStatus | None = None,
) -> Response:
    """A workflow's executions with their steps. What people wrote and got is for those who may execute."""
    named = reader.require("workflows", "workflow", workflow)
    given = {
        "organization": reader.organization, "workflow": named, "limit": page_size, "skip": (page - 1) * page_size,
        "statuses": None if status is None else _STATUSES[status.value],
    }  # fmt: skip
    with reader.reading() as connection:
        total = int(scalar(connection, sql("v1/count_executions"), given))
        found = rows(connection, _Row, sql("v1/executions"), given)
        ids = {"organization": reader.organization, "executions": [each.id for each in found]}
        steps = rows(connection, _Step, sql("v1/steps"), ids)
    open_ = reader.caller.may("workflow:execute", reader.organization)
    by = {
        name: [_step(each, is_open=open_) for each in group]
        for name, group in groupby(steps[:MOST_STEPS], lambda step: step.execution)
    }
    told = [{**_execution(each, is_open=open_), "execution_steps": by.get(each.id, [])} for each in found]
    more = {"truncated": len(steps) > MOST_STEPS, **pages(total, page, page_size)}
    return reply(OldExecutions, {"executions": told, **more})


def _to_try(definition: Mapping[str, Any]) -> Program:
    """The program of a draft. Raises HttpProblem (400) where it cannot be executed."""
    try:
        return program_to_try(definition)
    except DraftInvalid as cause:
        wrong = [{"code": each.code, "field": each.node or each.field, "message": each.message} for each in cause.problems if each.severity.value == "error"]  # fmt: skip
        raise refused(wrong) from cause


def _begin(connection: Connection, executor: Tenant, workflow: str, wish: ToExecute, anchor: str) -> str:
    """The execution's id. Raises HttpProblem (409) where nothing of the workflow begins here."""
    standing = read_workflow(connection, executor.organization, workflow)
    given = {
        "organization": executor.organization, "workflow": workflow, "version": standing.published_version,
    }  # fmt: skip
    text = scalar(connection, sql("engine/definition"), given)
    trigger = None if text is None else _trigger(loads(text))
    if trigger is None or obstacles(standing):
        raise _cannot(" ".join(obstacles(standing)) or "It has no trigger that is on.")
    start = Start(
        executor.organization, workflow, _subject(wish) or f"by-hand:{uuid4()}", f"v1 {executor.caller.name} {anchor}",
        trigger, _data(wish), triggered_by="manual",
    )  # fmt: skip
    (started,) = PostgresIntake(connection).start([start])
    if started.answer == "refused":
        raise _cannot("It does not start at present.")
    return started.execution


def _cannot(fact: str) -> HttpProblem:
    remedy = "Make it active (PUT with status active), then execute it."
    return HttpProblem("conflict", fact, remedy=remedy, more={"v1_code": "EXECUTION_FAILED"})


def _trigger(definition: Mapping[str, Any]) -> str | None:
    """The trigger that an execution by hand begins at: one for that, else the first that is on; None where none is."""
    found = [each for each in definition.get("triggers", ()) if each.get("enabled", True)]
    by_hand = [each for each in found if each["type"] == "manual"]
    return next((str(each["id"]) for each in (*by_hand, *found)), None)


def _data(wish: ToExecute) -> dict[str, Any]:
    ids = {
        name: value for name in ("lead_id", "client_id", "contact_id") if (value := getattr(wish, name)) is not None
    }  # fmt: skip
    return {"trigger": {**wish.input_data, **wish.trigger_data, **ids}}


def _subject(wish: ToExecute) -> str | None:
    return wish.client_id or wish.lead_id or wish.contact_id


def _tested(played: Simulation) -> dict[str, Any]:
    steps = [
        {
            "nodeId": step.node, "nodeType": step.type, "status": step.status, "timestamp": step.started_at,
            "output": step.output, "error": step.error,
        }
        for step in played.steps
    ]  # fmt: skip
    effects = [
        {"nodeId": each.node, "kind": each.kind, "at": each.at, "content": dict(each.content)}
        for each in played.effects
    ]
    return {
        "success": played.outcome != "failed", "outcome": played.outcome, "reason": played.state.reason,
        "execution_steps": steps, "effects": effects,
    }  # fmt: skip


def _execution(row: _Row, *, is_open: bool) -> dict[str, Any]:
    told = asdict(row) | {"status": _TOLD.get(row.status, row.status)}
    for name in ("trigger_data", "input_data", "output_data"):
        told[name] = loads(told[name]) if is_open and told[name] is not None else None
    return told


def _step(step: _Step, *, is_open: bool) -> dict[str, Any]:
    return {
        "nodeId": step.node_id, "nodeType": step.node_type, "status": step.status, "timestamp": step.started_at,
        "duration": step.execution_time_ms, "error": step.error,
        "output": loads(step.output_data) if is_open and step.output_data is not None else None,
    }  # fmt: skip
