"""Workflows: listed, made, read, paused, resumed and archived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, Query, Request
from psycopg.sql import Composed
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.cursors import Place, page, place_of
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.preconditions import IfMatch, IfNoneMatch, is_known, require_match, tag_of
from atlas_workflows.api.manners.problems import HttpProblem, invalid, not_found
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import (
    ARCHIVES,
    CREATES,
    EDITS,
    MOST_COUNTED,
    READS,
    Counted,
    Cursor,
    Limit,
    api_router,
)
from atlas_workflows.api.schemas.workflows import (
    Changed,
    NewWorkflow,
    RunningAtArchive,
    Status,
    Workflow,
    WorkflowChange,
    Workflows,
)
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.model import FORMAT
from atlas_workflows.store.drafts import require_own_secrets
from atlas_workflows.store.publication import AtArchive, Seen, Standing, archive, pause, resume
from atlas_workflows.store.steering import audit

ROUTER = api_router("workflows")
Reader = Annotated[Tenant, Depends(READS)]
Owner = Annotated[str | None, Query(pattern="^(legacy_app|atlas_legacy|atlas_enhanced)$")]
# What is looked for in definitions has no index under the policies, which let none but comparisons for equality pass to one: a page
# reads at most so many workflows for it, and its count none where there are more of them.
READ_FOR_A_PAGE, READ_FOR_A_COUNT = 1_000, 5_000
IN_DEFINITIONS = ("step", "trigger", "search")
FILTERS = ("status", "owner", "step", "trigger", "search")
InState = Annotated[str | None, Query(pattern="^(draft|active|paused|archived)$")]


@dataclass(frozen=True, slots=True)
class Row:
    """A workflow as the list shows it."""

    id: str
    name: str
    description: str | None
    status: str
    owner: str
    category: str
    tags: list[str]
    revision: int
    published_version: int | None
    awaiting_sign_off: bool
    total_executions: int
    successful_executions: int
    failed_executions: int
    last_run_at: datetime | None
    created_at: datetime
    updated_at: datetime | None

    @property
    def tag(self) -> str:
        """Another one as soon as the draft, what is published, or the state is another."""
        return _tag(self)


@ROUTER.get("/workflows", response_model=Workflows)
def list_workflows(
    reader: Reader,
    status: InState = None,
    owner: Owner = None,
    step: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Has a step of this type.")
    ] = None,
    trigger: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Has a trigger of this type.")
    ] = None,
    search: Annotated[
        str | None,
        Query(min_length=1, max_length=100, description="Part of its name, or of a step's or trigger's."),
    ] = None,
    count: Counted = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The organization's workflows, the newest first.

    With `step`, `trigger` or `search` a page looks at 1,000 of them: it may hold fewer than `limit`, and is the last without `next`.
    """
    place = place_of("workflows", cursor)
    wanted = {"status": status, "owner": owner, "step": step, "trigger": trigger, "search": search}
    reads_them = any(wanted[name] is not None for name in IN_DEFINITIONS)
    with reader.reading() as connection:
        end = _so_far_back(connection, reader.organization, READ_FOR_A_PAGE, place) if reads_them else None
        found = _rows(connection, reader.organization, limit + 1, place=place, down_to=end, **wanted)
        is_counted = count and not (
            reads_them and _so_far_back(connection, reader.organization, READ_FOR_A_COUNT)
        )
        counted = _count(connection, reader.organization, wanted) if is_counted else None
    told = page("workflows", found, limit, "created_at", "id", end=end)
    return reply(Workflows, told | {"capped_count": counted})


@ROUTER.get("/workflows/{workflow}", response_model=Workflow)
def read_workflow(reader: Reader, workflow: UUID, known: IfNoneMatch = None) -> Response:
    """One workflow; its ETag changes with its draft, its published version and its state."""
    found = find(reader, workflow)
    if is_known(known, found.tag):
        return Response(status_code=304, headers={"ETag": found.tag})
    return reply(Workflow, found, headers={"ETag": found.tag})


@ROUTER.post("/workflows", response_model=Workflow, status_code=201)
def create_workflow(
    request: Request, creator: Annotated[Tenant, Depends(CREATES)], key: IdempotencyKey, body: NewWorkflow
) -> Response:
    """Make a draft. It is executed once it is published."""
    named = str(uuid4())
    definition = _definition(named, creator.organization, body)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        require_own_secrets(connection, creator.organization, definition)
        given = {
            "id": named, "organization": creator.organization, "name": body.name, "description": body.description,
            "tags": body.tags, "definition": dumps_text(definition),
        }  # fmt: skip
        connection.execute(sql("api/insert_workflow"), given)
        audit(
            connection, creator.organization, ("workflows", named), "create_workflow", creator.by(body.reason)
        )
        found = _rows(connection, creator.organization, 1, id=named)[0]
        return 201, Workflow.model_validate(found).model_dump()

    return once(request, creator, key, work)


@ROUTER.patch("/workflows/{workflow}", response_model=Changed)
def change_workflow(
    editor: Annotated[Tenant, Depends(EDITS)], workflow: UUID, body: WorkflowChange, match: IfMatch = None
) -> Response:
    """Pause, resume or archive a workflow. To archive one needs the permission workflow:delete as well."""
    found = find(editor, workflow)
    require_match(match, found.tag, what="workflow")  # so that whoever has not seen it hears of nothing else

    def seen(standing: Standing) -> None:
        require_match(match, _tag(standing), what="workflow")

    if body.status is Status.ARCHIVED and not editor.caller.may("workflow:delete", editor.organization):
        raise HttpProblem("forbidden", "You have no permission workflow:delete there.", remedy="Ask for it.")
    _require_fitting(body)
    with editor.deciding() as connection:
        return reply(Changed, _changed(connection, editor, found.id, body, seen))


@ROUTER.delete("/workflows/{workflow}", response_model=Changed)
def archive_workflow(
    archivist: Annotated[Tenant, Depends(ARCHIVES)],
    workflow: UUID,
    reason: Annotated[str, Query(min_length=1, max_length=1_000)],
    running: Annotated[
        RunningAtArchive | None,
        Query(description="What becomes of executions under way, where there are any."),
    ] = None,
    match: IfMatch = None,
) -> Response:
    """Archive a workflow: nothing of it starts any more, for good. It stays to be read, with its versions and executions."""
    found = find(archivist, workflow)
    require_match(match, found.tag, what="workflow")

    def seen(standing: Standing) -> None:
        require_match(match, _tag(standing), what="workflow")

    change = WorkflowChange(status=Status.ARCHIVED, reason=reason, running=running)
    with archivist.deciding() as connection:
        return reply(Changed, _changed(connection, archivist, found.id, change, seen))


def find(tenant: Tenant, workflow: UUID) -> Row:
    """A workflow of the organization, seen through the policies. Raises HttpProblem (404)."""
    with tenant.reading() as connection:
        found = _rows(connection, tenant.organization, 1, id=str(workflow))
    if not found:
        raise not_found("workflow", str(workflow))
    return found[0]


def _rows(
    connection: Connection,
    organization: str,
    limit: int,
    *,
    id: str | None = None,  # noqa: A002
    place: Place | None = None,
    down_to: Place | None = None,
    **wanted: str | None,
) -> list[Row]:
    (at, behind), (down_to_at, last) = place or (None, None), down_to or (None, None)
    given = {
        **dict.fromkeys(FILTERS), **wanted, "organization": organization, "limit": limit, "id": id,
        "before_at": at, "before_id": behind, "down_to_at": down_to_at, "down_to_id": last,
    }  # fmt: skip
    return rows(connection, Row, _over_fitting("api/workflows"), given)


def _so_far_back(
    connection: Connection, organization: str, many: int, place: Place | None = None
) -> Place | None:
    """The place of the last of so many workflows; None where no other one is behind them."""
    at, behind = place or (None, None)
    given = {"organization": organization, "before_at": at, "before_id": behind}
    found = named_rows(connection, sql("api/workflow_so_far_back"), given | {"back": many - 1})
    return (found[0].made_at, found[0].id) if len(found) > 1 else None


def _count(connection: Connection, organization: str, wanted: Mapping[str, str | None]) -> int:
    given = {"organization": organization, "most": MOST_COUNTED, **wanted}
    return int(scalar(connection, _over_fitting("api/count_workflows"), given))


def _over_fitting(statement: str) -> Composed:
    """A statement over the workflows that fit."""
    return sql(statement).format(fitting=sql("api/fitting_workflows"))


def _tag(found: Row | Standing) -> str:
    return tag_of(found.revision, found.published_version, found.status)


def _changed(connection: Connection, editor: Tenant, workflow: str, body: WorkflowChange, seen: Seen) -> Any:
    by = editor.by(body.reason)
    if body.status is Status.PAUSED:
        return pause(connection, editor.organization, workflow, by, drain=body.drain, seen=seen)
    if body.status is Status.ACTIVE:
        return resume(connection, editor.organization, workflow, by, seen=seen)
    running = None if body.running is None else AtArchive(body.running.value)
    return archive(connection, editor.organization, workflow, by, running, seen=seen)


def _require_fitting(body: WorkflowChange) -> None:
    if body.drain and body.status is not Status.PAUSED:
        raise invalid("drain", "Only what is paused can be drained.", "Leave it out.")
    if body.running is not None and body.status is not Status.ARCHIVED:
        raise invalid("running", "It is for archiving only.", "Leave it out.")
    if body.running not in (None, RunningAtArchive.FINISH, RunningAtArchive.CANCEL):
        raise invalid("running", "It is finish or cancel.", "Say which.")


def _definition(workflow: str, organization: str, body: NewWorkflow) -> dict[str, Any]:
    given = body.definition or {"triggers": [], "nodes": [], "edges": []}
    return {"format": FORMAT, **given, "id": workflow, "organization_id": organization, "name": body.name}
