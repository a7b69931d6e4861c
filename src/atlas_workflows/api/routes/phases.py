"""Phases of the migration: started by Airflow's DAGs, approved; what does it is brought by whoever makes the application."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Operator
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.repeats import IdempotencyKey
from atlas_workflows.api.manners.routing import DIRECTS, api_router
from atlas_workflows.api.phases import Phases, Planned
from atlas_workflows.api.routes.migration import require_run
from atlas_workflows.api.schemas.migration import Approval, Approved, PhaseStarted, PhaseWish
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql

ROUTER = api_router("migration")
UNKNOWN_FOR = timedelta(minutes=1)
Directing = Annotated[Operator, Depends(DIRECTS)]


@dataclass(frozen=True, slots=True)
class Noted:
    """What the audit log says of a start."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class LastStart:
    """The last start of a phase, as the audit log has it; both times are of the database's clock."""

    entry: int
    dag_run_id: str
    actor: str
    at: datetime
    age: timedelta


@ROUTER.post("/migration/runs", response_model=PhaseStarted, status_code=202)
def start_phase(request: Request, operator: Directing, key: IdempotencyKey, body: PhaseWish) -> Response:
    """Start a phase by its DAG, a dry run unless `settings` turn that off.

    409 where there is no Airflow, with what to run instead, and while a start of the phase under another key is not over.
    """
    phases = _phases(request)
    named = hashlib.sha256(f"{operator.caller.name}\0{key}".encode()).hexdigest()[:32]
    dag_run_id = f"atlas_api__{named}"
    planned: Planned = phases.plan(body.phase, body.settings, operator.caller.name)
    _claim(operator, phases, planned, dag_run_id, body.reason)
    if dict(phases.start(planned, dag_run_id)) != planned.settings:
        raise _used_before()
    told = {"phase": planned.phase, "dag_id": planned.dag_id, "dag_run_id": dag_run_id}
    return reply(PhaseStarted, told, status=202)


@ROUTER.post("/migration/runs/{run}/approvals", response_model=Approved, status_code=201)
def approve_run(request: Request, operator: Directing, run: UUID, body: Approval) -> Response:
    """Let a run go on that waits for approval. Said again it is the same; whom another caller preceded hears so (409)."""
    phases = _phases(request)
    with operator.doors.database.session() as connection, connection.transaction():
        require_run(connection, run)
        found = phases.approve(connection, str(run), operator.caller.name, body.reason)
    if found.actor != operator.caller.name:
        fact = f"Phase run {run} was approved by {found.actor} before: {found.reason}"
        raise HttpProblem("conflict", fact, remedy="It goes on; there is nothing to do.")
    return reply(Approved, {"run": str(run), "approved_by": found.actor, "reason": found.reason}, status=201)


def _claim(operator: Operator, phases: Phases, planned: Planned, dag_run_id: str, reason: str) -> None:
    """Note in the audit log who starts it, before it is started: Airflow's ids are of one DAG each.

    Whoever asks again under the same key starts nothing where Airflow knows of the first time; else another start may have come between,
    and the key has to wait like a new one. Airflow is asked while nothing is locked, and its word counts while no other start is noted.
    Raises HttpProblem: 422 where the key was for another wish, 409 where another start of the phase is not over.
    """
    known = phases.is_under_way(planned, dag_run_id) is not None
    wish, over = Noted(f"start_phase_{planned.phase}", reason), 0
    while (last := _note_unless(operator, wish, dag_run_id, known=known, over=over)) is not None:
        _require_over(phases, planned, last)
        over = last.entry


def _note_unless(
    operator: Operator, wish: Noted, dag_run_id: str, *, known: bool, over: int
) -> LastStart | None:
    """Note the start, unless one under another id is the last; that one, where it is not the entry `over`."""
    with operator.doors.database.session() as connection, connection.transaction():
        connection.execute(sql("api/hold_phase_start"))
        noted = one(connection, Noted, sql("api/noted_phase_start"), {"subject_id": dag_run_id})
        if noted not in (None, wish):
            raise _used_before()
        if known and noted is not None:
            return None
        last = one(connection, LastStart, sql("api/last_phase_start"), {"action": wish.action})
        if last is not None and last.dag_run_id != dag_run_id and last.entry != over:
            return last
        about = Subject("phase_runs", dag_run_id)
        record(connection, about, actor=operator.caller.name, action=wish.action, reason=wish.reason)
    return None


def _require_over(phases: Phases, planned: Planned, last: LastStart) -> None:
    """Two who start a phase at once are told so; what Airflow does not know of yet is taken for under way for a minute."""
    under_way = phases.is_under_way(planned, last.dag_run_id)
    if under_way or (under_way is None and last.age < UNKNOWN_FOR):
        fact = f"{last.actor} started {planned.phase} at {last.at:%H:%M:%S} UTC as {last.dag_run_id}, which is not over."
        raise HttpProblem("conflict", fact, remedy="Watch that one, or start again when it has ended.")


def _used_before() -> HttpProblem:
    return HttpProblem(
        "idempotency_key_reused", "Another run was started with this Idempotency-Key.", field="Idempotency-Key",
        remedy="Make a new key for each wish.",
    )  # fmt: skip


def _phases(request: Request) -> Phases:
    phases: Phases | None = request.app.state.phases
    if phases is None:
        raise HttpProblem(
            "conflict", "Phases are not started from here.", remedy="Use `atlas migrate run` and `atlas migrate approve`."
        )  # fmt: skip
    return phases
