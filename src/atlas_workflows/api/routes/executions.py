"""Executions: found, read, cancelled and replayed; the queue, and messages that are held."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.cursors import page, place_of
from atlas_workflows.api.manners.exact import Instant, reply
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import (
    EXECUTES,
    MOST_COUNTED,
    READS,
    Counted,
    Cursor,
    Limit,
    api_router,
)
from atlas_workflows.api.schemas.executions import (
    Cancelled,
    Decision,
    Executions,
    Held,
    Queue,
    Replay,
    ReplayWish,
    Steps,
    Story,
)
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store import history, steering
from atlas_workflows.store.aside import held
from atlas_workflows.store.history import Wanted, count_executions, find_executions, read_story

ROUTER = api_router("executions")
Reader = Annotated[Tenant, Depends(READS)]
Executor = Annotated[Tenant, Depends(EXECUTES)]
Subject = Annotated[str | None, Query(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class InQueue:
    """How many executions are in a state."""

    state: str
    waits_for: str | None
    executions: int
    first_due_at: datetime | None


@ROUTER.get("/executions", response_model=Executions)
def list_executions(
    reader: Reader,
    workflow: UUID | None = None,
    subject: Subject = None,
    outcome: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    since: Annotated[Instant | None, Query()] = None,
    count: Counted = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Executions, the newest first."""
    place = place_of("executions", cursor)
    named = None if workflow is None else str(workflow)
    wanted = Wanted(reader.organization, named, subject, outcome, since, place, limit + 1)
    with reader.reading() as connection:
        found = find_executions(connection, wanted)
        counted = count_executions(connection, wanted, MOST_COUNTED) if count else None
    told = page("executions", found, limit, "started_at", "execution")
    return reply(Executions, told | {"capped_count": counted})


@ROUTER.get("/executions/{execution}", response_model=Story)
def read_execution(reader: Reader, execution: UUID) -> Response:
    """One execution: its steps, its effects, and what it waits for. What people wrote and got is for those who may execute."""
    story, masked = _story(reader, execution)
    told = {name: getattr(story, name) for name in ("execution", "steps", "effects", "standing")}
    return reply(Story, told | {"masked": masked})


@ROUTER.get("/executions/{execution}/steps", response_model=Steps)
def list_execution_steps(reader: Reader, execution: UUID) -> Response:
    """What an execution did, step by step."""
    story, masked = _story(reader, execution)
    return reply(Steps, {"items": story.steps, "masked": masked})


@ROUTER.post("/executions/{execution}/cancel", response_model=Cancelled, status_code=202)
def cancel_execution(
    request: Request, executor: Executor, execution: UUID, key: IdempotencyKey, body: Decision
) -> Response:
    """End a live execution; what it has asked for and nobody has begun to send is withdrawn."""
    named = executor.require("executions", "execution", execution)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        steering.cancel(connection, executor.organization, named, executor.by(body.reason))
        return 202, {"execution": named, "asked": True}

    return once(request, executor, key, work)


@ROUTER.post("/executions/{execution}/replay", response_model=Replay)
def replay_execution(
    request: Request, executor: Executor, execution: UUID, key: IdempotencyKey, body: ReplayWish
) -> Response:
    """Let a failed execution go on from the step that failed; what went out before does not go out again."""
    named = executor.require("executions", "execution", execution)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        catalogue = load_catalogue()
        plan = steering.replay(connection, executor.organization, named, catalogue, None)
        if body.send or not plan.may_send:
            by = executor.by(body.reason)
            plan = steering.replay(connection, executor.organization, named, catalogue, by)
        return 200, replay_document(plan)

    return once(request, executor, key, work)


@ROUTER.get("/queue", response_model=Queue)
def read_queue(reader: Reader) -> Response:
    """What is under way, by what it waits for."""
    with reader.reading() as connection:
        found = rows(connection, InQueue, sql("api/queue"))
    return reply(Queue, {"items": found, "executions": sum(each.executions for each in found)})


@ROUTER.get("/held", response_model=Held)
def list_held_effects(reader: Reader, limit: Limit = 50) -> Response:
    """Messages that may not go yet, with until when and why; those that come up first at the top."""
    with reader.reading() as connection:
        found = held(connection, reader.organization, limit + 1)
    items = [
        {name: getattr(each, name) for name in ("key", "kind", "subject", "at", "reason")} for each in found
    ]
    return reply(Held, {"items": items[:limit], "capped": len(found) > limit})


def replay_document(plan: steering.Replay) -> dict[str, Any]:
    """A replay as it is told."""
    told = {name: value for name, value in asdict(plan).items() if name != "organization"}
    return Replay.model_validate(told).model_dump()


def _story(reader: Tenant, execution: UUID) -> tuple[history.Story, bool]:
    """Seen through the policies first: where a live one stands only the engine may read."""
    named = reader.require("executions", "execution", execution)
    with reader.deciding() as connection:
        story = read_story(connection, reader.organization, named)
    if reader.caller.may("workflow:execute", reader.organization):
        return story, False
    steps = tuple(replace(step, input=None, output=None) for step in story.steps)
    return replace(story, steps=steps), True
