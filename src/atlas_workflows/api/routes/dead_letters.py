"""Failed executions by cause, and the replay of all that failed by one."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import Instant, reply
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import EXECUTES, READS, Limit, api_router
from atlas_workflows.api.routes.executions import replay_document
from atlas_workflows.api.schemas.dead_letters import CauseReplay, Causes, ReplayOfCause
from atlas_workflows.db.connect import Connection
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.dead_letters import Group, NotReplayed, causes, replay_all

ROUTER = api_router("dead-letters")


@ROUTER.get("/dead-letters", response_model=Causes)
def list_dead_letter_causes(
    reader: Annotated[Tenant, Depends(READS)],
    workflow: UUID | None = None,
    since: Annotated[Instant | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """What made executions fail, the most frequent cause first."""
    named = None if workflow is None else str(workflow)
    with reader.reading() as connection:
        found = causes(connection, reader.organization, workflow=named, since=since, limit=limit + 1)
    return reply(Causes, {"items": found[:limit], "capped": len(found) > limit})


@ROUTER.post("/dead-letters/replays", response_model=CauseReplay)
def replay_dead_letters(
    request: Request, executor: Annotated[Tenant, Depends(EXECUTES)], key: IdempotencyKey, body: ReplayOfCause
) -> Response:
    """Let all that failed by one cause go on, each from the step that failed; what went out before does not go out again."""
    workflow = None if body.workflow is None else str(body.workflow)
    group = Group(
        executor.organization, body.error_class, body.node_type, body.pattern, workflow, body.since, body.limit
    )  # fmt: skip
    by = executor.by(body.reason) if body.send else None

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        found = list(replay_all(connection, group, load_catalogue(), by))
        return 200, {
            "was_done": body.send,
            "replays": [replay_document(each) for each in found if not isinstance(each, NotReplayed)],
            "refused": [asdict(each) for each in found if isinstance(each, NotReplayed)],
        }

    return once(request, executor, key, work)
