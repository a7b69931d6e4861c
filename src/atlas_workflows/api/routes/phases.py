"""Phases of the migration: started by Airflow's DAGs, approved; what does it is brought by whoever makes the application."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Operator
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.repeats import IdempotencyKey
from atlas_workflows.api.manners.routing import DIRECTS, api_router
from atlas_workflows.api.phases import Phases, Started
from atlas_workflows.api.routes.migration import require_run
from atlas_workflows.api.schemas.migration import Approval, Approved, PhaseStarted, PhaseWish
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql

ROUTER = api_router("migration")
Directing = Annotated[Operator, Depends(DIRECTS)]


@ROUTER.post("/migration/runs", response_model=PhaseStarted, status_code=202)
def start_phase(request: Request, operator: Directing, key: IdempotencyKey, body: PhaseWish) -> Response:
    """Start a phase by its DAG, a dry run unless `settings` turn that off; 409 where there is no Airflow, with what to run instead."""
    phases = _phases(request)
    named = hashlib.sha256(f"{operator.caller.name}\0{key}".encode()).hexdigest()[:32]
    with operator.doors.database.session() as connection, connection.transaction():
        done = phases.start(body.phase, body.settings, operator.caller.name, f"atlas_api__{named}")
        wanted = {"dry_run": True, **body.settings}
        if dict(done.settings) != wanted:
            raise HttpProblem(
                "idempotency_key_reused", "Another run was started with this Idempotency-Key.", field="Idempotency-Key",
                remedy="Make a new key for each wish.",
            )  # fmt: skip
        _note(connection, operator, done, body.reason)
    told = {"phase": done.phase, "dag_id": done.dag_id, "dag_run_id": done.dag_run_id}
    return reply(PhaseStarted, told, status=202)


@ROUTER.post("/migration/runs/{run}/approvals", response_model=Approved, status_code=201)
def approve_run(request: Request, operator: Directing, run: UUID, body: Approval) -> Response:
    """Let a run go on that waits for approval. Said again it is the same: the first one who said it counts."""
    phases = _phases(request)
    with operator.doors.database.session() as connection, connection.transaction():
        require_run(connection, run)
        found = phases.approve(connection, str(run), operator.caller.name, body.reason)
    return reply(Approved, {"run": str(run), "approved_by": found.actor, "reason": found.reason}, status=201)


def _note(connection: Connection, operator: Operator, done: Started, reason: str) -> None:
    """In the audit log, once: whoever asks again under the same key has started nothing."""
    given = {
        "subject_table": "phase_runs",
        "subject_id": done.dag_run_id,
        "action": f"start_phase_{done.phase}",
    }
    if not scalar(connection, sql("api/is_audited"), given):
        about = Subject("phase_runs", done.dag_run_id)
        record(connection, about, actor=operator.caller.name, action=given["action"], reason=reason)


def _phases(request: Request) -> Phases:
    phases: Phases | None = request.app.state.phases
    if phases is None:
        raise HttpProblem(
            "conflict", "Phases are not started from here.", remedy="Use `atlas migrate run` and `atlas migrate approve`."
        )  # fmt: skip
    return phases
