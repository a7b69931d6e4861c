"""Failed executions by cause, and the replay of all that failed by one."""

from dataclasses import asdict, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.cursors import page, place_of
from atlas_workflows.api.manners.exact import Instant, reply
from atlas_workflows.api.manners.problems import not_found
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import EXECUTES, READS, Cursor, Limit, api_router
from atlas_workflows.api.routes.executions import replay_document
from atlas_workflows.api.schemas.dead_letters import (
    CauseReplay,
    Causes,
    Letters,
    PlanOfReplay,
    ReplayOfCause,
    ReplayPlan,
)
from atlas_workflows.db.connect import Connection
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.dead_letters import (
    Cause,
    Group,
    NotReplayed,
    causes,
    find_cause,
    letters_of,
    plan_replay,
    replay_all,
)

ROUTER = api_router("dead-letters")
Reader = Annotated[Tenant, Depends(READS)]
Executor = Annotated[Tenant, Depends(EXECUTES)]
CauseName = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="`cause` of the list.")]


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


@ROUTER.get("/dead-letters/{cause}", response_model=Letters)
def list_dead_letters(reader: Reader, cause: CauseName, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The executions that failed by a cause, the latest first. What their messages say of people is for those who may execute."""
    place = place_of("letters", cursor)
    with reader.reading() as connection:
        group = _cause(connection, reader, cause)
        found = letters_of(connection, reader.organization, group, place, limit + 1)
    if not reader.caller.may("workflow:execute", reader.organization):
        found = [replace(each, message="") for each in found]
    return reply(Letters, {"cause": group, **page("letters", found, limit, "failed_at", "execution")})


@ROUTER.post("/dead-letters/{cause}/replay-plan", response_model=ReplayPlan)
def plan_dead_letter_replay(executor: Executor, cause: CauseName, body: PlanOfReplay) -> Response:
    """What a replay of the cause would do again, and what it would leave because it went out; nothing is done."""
    with executor.reading() as connection:
        found = _cause(connection, executor, cause)
    workflow = None if body.workflow is None else str(body.workflow)
    group = Group(
        executor.organization, found.error_class, found.node_type, found.pattern, workflow, body.since, body.limit
    )  # fmt: skip
    with executor.deciding() as connection:
        plan = plan_replay(connection, group, load_catalogue())
    return reply(ReplayPlan, {"cause": found, **asdict(plan)})


@ROUTER.post("/dead-letters/replays", response_model=CauseReplay)
def replay_dead_letters(
    request: Request, executor: Executor, key: IdempotencyKey, body: ReplayOfCause
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


def _cause(connection: Connection, tenant: Tenant, named: str) -> Cause:
    found = find_cause(connection, tenant.organization, named)
    if found is None:
        raise not_found("cause", named)
    return found
