"""What publishing a draft would mean, and publishing it."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import EDITS, api_router
from atlas_workflows.api.routes.versions import definition_of
from atlas_workflows.api.schemas.versions import Plan, Publication, Published, Running
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps, loads
from atlas_workflows.graph.diff import differences
from atlas_workflows.graph.validate import is_valid, problems_of
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.explanation import obstacles
from atlas_workflows.store.following import follow
from atlas_workflows.store.publication import Standing, count_under_way, publish_version, read_workflow

ROUTER = api_router("publications")
Editor = Annotated[Tenant, Depends(EDITS)]


@dataclass(frozen=True, slots=True)
class OnVersion:
    """How many executions are under way on a version."""

    version: int
    executions: int


@ROUTER.post("/workflows/{workflow}/publish-plan", response_model=Plan)
def plan_publication(editor: Editor, workflow: UUID) -> Response:
    """What publishing the draft would change, whom it finds under way, and what is in its way. Nothing is stored."""
    named = editor.require("workflows", "workflow", workflow)
    with editor.deciding() as connection, connection.transaction():
        standing, live, plan = _state(connection, editor.organization, named)
        before = (
            {} if standing.published_version is None
            else definition_of(connection, editor.organization, named, standing.published_version)
        )  # fmt: skip
    draft = loads(standing.definition)
    problems = problems_of(draft, load_catalogue())
    told = {
        "plan": plan, "workflow": named, "revision": standing.revision, "status": standing.status,
        "published_version": standing.published_version, "valid": is_valid(problems), "problems": problems,
        "obstacles": _in_the_way(standing), "changes": differences(before, draft), "under_way": live,
    }  # fmt: skip
    return reply(Plan, told)


@ROUTER.post("/workflows/{workflow}/publications", response_model=Published, status_code=201)
def publish_draft(
    request: Request, editor: Editor, workflow: UUID, key: IdempotencyKey, body: Publication
) -> Response:
    """Publish the draft as it was read. Executions that are to follow do so right afterwards, where their place still exists."""
    named, owner = editor.require("workflows", "workflow", workflow), editor.organization

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        _require_plan(connection, owner, named, body.plan)
        by = editor.by(body.reason)
        done = publish_version(
            connection, owner, named, body.revision, load_catalogue(), by, changes=body.changes, now=editor.now
        )  # fmt: skip
        return 201, Published.model_validate(done).model_dump()

    answer = once(request, editor, key, work)
    # Behind the publication: checkpoints lock the queue before they ask for the workflow's row. To repeat it does no harm.
    with editor.deciding() as connection:
        count_under_way(connection, owner, named)
        if body.running is Running.FOLLOW:
            for _ in follow(connection, owner, named, loads(bytes(answer.body))["version"]):
                pass
    return answer


def _state(connection: Connection, organization: str, workflow: str) -> tuple[Standing, list[OnVersion], str]:
    standing = read_workflow(connection, organization, workflow)
    given = {"organization": organization, "workflow": workflow}
    live = rows(connection, OnVersion, sql("api/live_by_version"), given)
    named = [
        standing.revision, standing.published_version, standing.status, standing.owner,
        [(each.version, each.executions) for each in live],
    ]  # fmt: skip
    return standing, live, hashlib.sha256(dumps(named)).hexdigest()[:32]


def _require_plan(connection: Connection, organization: str, workflow: str, plan: str | None) -> None:
    if plan is not None and _state(connection, organization, workflow)[2] != plan:
        fact = "The draft, the workflow or who is under way has moved since the plan was made."
        raise HttpProblem("stale", fact, remedy="Make a new plan and look at it.", field="plan")


def _in_the_way(standing: Standing) -> list[str]:
    """What keeps it from being published, or from starting once it is."""
    found = [] if standing.published_version is None else obstacles(standing)
    if standing.status == "archived":
        return ["It is archived."]
    return found
