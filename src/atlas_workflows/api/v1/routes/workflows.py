"""Workflows: listed, made, read, changed, switched on and off, deleted (archived), counted."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import document_of, reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.routing import ARCHIVES, CREATES, EDITS, READS
from atlas_workflows.api.v1 import saving
from atlas_workflows.api.v1.ids import Workflow
from atlas_workflows.api.v1.routing import PageNumber, PageSize, about, v1_router
from atlas_workflows.api.v1.running import done, v1_of
from atlas_workflows.api.v1.schemas.workflows import (
    Deleted,
    NewOldWorkflow,
    OldChange,
    OldStatus,
    OldWorkflow,
    OldWorkflows,
    Order,
    Sort,
    Stats,
)
from atlas_workflows.api.v1.shown import LIVE, Wanted, list_shown, pages, read_again, read_shown, unsaid
from atlas_workflows.db.connect import Connection
from atlas_workflows.store.publication import AtArchive, archive, count_under_way, pause, resume

ROUTER = v1_router("v1 workflows")
OLD = "/api/automations/workflows"
LEGACY = "/api/workflows"
WORKFLOW = about("WORKFLOW")
Reader = Annotated[Tenant, Depends(READS)]
Creator = Annotated[Tenant, Depends(CREATES)]
Editor = Annotated[Tenant, Depends(EDITS)]
Repeat = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, description="The same answer for a day."),
]


@ROUTER.get(OLD, response_model=OldWorkflows, openapi_extra=WORKFLOW)
@ROUTER.get(LEGACY, name="list_legacy_workflows", response_model=OldWorkflows, openapi_extra=WORKFLOW)
def list_old_workflows(
    request: Request,
    reader: Reader,
    page: PageNumber = 1,
    page_size: PageSize = 25,
    status: OldStatus | None = None,
    search: Annotated[
        str | None, Query(min_length=1, max_length=100, description="Part of the name.")
    ] = None,
    trigger_type: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    sort_by: Sort = Sort.CREATED,
    sort_order: Order = Order.DOWN,
) -> Response:
    """A page of the organization's workflows; those that are archived only where they are asked for."""
    statuses = LIVE if status is None else [status.value]
    wanted = Wanted(page, page_size, statuses, search, trigger_type, sort_by.value, sort_order is Order.DOWN)
    found, total = list_shown(reader, v1_of(request).old, wanted)
    return reply(
        OldWorkflows, {"workflows": [each.to_json() for each in found], **pages(total, page, page_size)}
    )


@ROUTER.post(OLD, response_model=OldWorkflow, status_code=201, openapi_extra=WORKFLOW)
@ROUTER.post(
    LEGACY, name="create_legacy_workflow", response_model=OldWorkflow, status_code=201, openapi_extra=WORKFLOW
)
def create_old_workflow(
    request: Request, creator: Creator, body: NewOldWorkflow, key: Repeat = None
) -> Response:
    """Make a workflow. It is stored as it was sent, or refused with the field that cannot be."""
    old, made = v1_of(request).old, list[str]()
    sent = _sent(body) | {"status": body.status.value}
    if body.status is not OldStatus.DRAFT:
        _require(creator, "workflow:edit")

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        named, told = saving.create(connection, creator, old, sent)
        made.append(named)
        return 201, document_of(OldWorkflow, read_again(connection, creator, old, named).to_json(told))

    answer = done(request, creator, key, work)
    _count(creator, made)
    return answer


@ROUTER.get(OLD + "/{workflow}", response_model=OldWorkflow, openapi_extra=WORKFLOW)
def read_old_workflow(request: Request, reader: Reader, workflow: Workflow) -> Response:
    """One workflow, as it was sent or migrated; `warnings` say where it was changed elsewhere since."""
    old = v1_of(request).old
    found = read_shown(reader, old, workflow)
    return reply(OldWorkflow, found.to_json(unsaid(found, old)))


@ROUTER.put(OLD + "/{workflow}", response_model=OldWorkflow, openapi_extra=WORKFLOW)
def put_old_workflow(request: Request, editor: Editor, workflow: Workflow, body: OldChange) -> Response:
    """Change what is sent; what is left out stays. An active workflow is published with it."""
    return _change(request, editor, workflow, body)


@ROUTER.patch(OLD + "/{workflow}", response_model=OldWorkflow, openapi_extra=WORKFLOW)
def patch_old_workflow(request: Request, editor: Editor, workflow: Workflow, body: OldChange) -> Response:
    """The same as PUT, which changed only what it was sent as well."""
    return _change(request, editor, workflow, body)


@ROUTER.delete(OLD + "/{workflow}", response_model=Deleted, openapi_extra=WORKFLOW)
def delete_old_workflow(archiver: Annotated[Tenant, Depends(ARCHIVES)], workflow: Workflow) -> Response:
    """Archive a workflow: nothing of it starts any more; executions under way go on to their end."""
    named = archiver.require("workflows", "workflow", workflow)
    with archiver.deciding() as connection:
        ended = archive(
            connection, archiver.organization, named, archiver.by("Deleted by v1."), AtArchive.FINISH,
            seen=saving.require_executed_here,
        )  # fmt: skip
    return reply(Deleted, {"id": ended.workflow, "status": ended.status, "executions": ended.executions})


@ROUTER.get(OLD + "/{workflow}/stats", response_model=Stats, openapi_extra=WORKFLOW)
def read_old_stats(request: Request, reader: Reader, workflow: Workflow) -> Response:
    """How often it was executed, and how that ended."""
    row = read_shown(reader, v1_of(request).old, workflow).row
    ended = row.successful_executions + row.failed_executions
    told = {
        name: getattr(row, name) for name in Stats.model_fields if name not in ("workflow_id", "success_rate")
    }
    rate = round(row.successful_executions / ended, 4) if ended else 0.0
    return reply(Stats, {**told, "workflow_id": row.id, "success_rate": rate})


def _change(request: Request, editor: Editor, workflow: str, body: OldChange) -> Response:
    old, sent = v1_of(request).old, _sent(body)
    named = editor.require("workflows", "workflow", workflow)
    if sent.get("status") == "archived":
        _require(editor, "workflow:delete")
    with editor.deciding() as connection, connection.transaction():
        told = saving.change(connection, editor, old, named, sent)
    if "status" in sent:
        _switch(editor, named, sent["status"])
    _count(editor, [named])
    after = read_shown(editor, old, named)
    return reply(OldWorkflow, after.to_json(told))


def _switch(editor: Tenant, workflow: str, wanted: str) -> None:
    """Into the state that was sent, behind the transaction that saved: checkpoints lock the queue before the workflow's row."""
    by, owner, seen = editor.by(saving.WHY), editor.organization, saving.require_executed_here
    with editor.deciding() as connection:
        status = saving.status_of(connection, owner, workflow)
        if wanted == "paused" and status == "active":
            pause(connection, owner, workflow, by, seen=seen)
        elif wanted == "active" and status == "paused":
            resume(connection, owner, workflow, by, seen=seen)
        elif wanted == "archived" and status != "archived":
            archive(connection, owner, workflow, by, AtArchive.FINISH, seen=seen)


def _count(tenant: Tenant, workflows: list[str]) -> None:
    for named in workflows:
        with tenant.deciding() as connection:
            count_under_way(connection, tenant.organization, named)


def _sent(body: NewOldWorkflow | OldChange) -> dict[str, Any]:
    """What was sent and nothing else: what is left out is not the same as what is empty."""
    found: Mapping[str, Any] = body.model_dump(exclude_unset=True)
    return {name: getattr(value, "value", value) for name, value in found.items()}


def _require(tenant: Tenant, permission: str) -> None:
    if not tenant.caller.may(permission, tenant.organization):
        raise HttpProblem("forbidden", f"You have no permission {permission} there.", remedy="Ask for it.")
