"""The migration: what an organization has to sign and what differs for it; cohorts, runs and gates for operators."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Operator, Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem, invalid
from atlas_workflows.api.manners.routing import OPERATES, READS, Limit, api_router
from atlas_workflows.api.runs import PhaseRun
from atlas_workflows.api.schemas.migration import Cohorts, Gates, Runs, ShadowDifferences, SignOffs
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.secrets.masking import mask

ROUTER = api_router("migration")
Reader = Annotated[Tenant, Depends(READS)]
Operating = Annotated[Operator, Depends(OPERATES)]


@dataclass(frozen=True, slots=True)
class Signing:
    """A workflow with its changes and signatures as JSON text."""

    workflow: str
    name: str
    status: str
    intended_status: str | None
    awaiting_sign_off: bool
    source_hash: str | None
    changes: str
    signed: str


@dataclass(frozen=True, slots=True)
class Differing:
    """One difference."""

    workflow: str
    name: str | None
    position: int
    change: str
    node: str | None
    field: str
    codes: list[str]
    times: int
    before: str
    after: str
    example: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort."""

    name: str
    percentage: Decimal
    allow: list[str]
    deny: list[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Gate:
    """An item of a checklist."""

    item: str
    status: str
    detail: str | None
    remedy: str | None
    waived_by: str | None
    waive_reason: str | None
    checked_at: datetime


@ROUTER.get("/migration/sign-offs", response_model=SignOffs)
def list_sign_offs(reader: Reader, limit: Limit = 50, after: UUID | None = None) -> Response:
    """Workflows whose meaning changes, with the changes to sign and the signatures there are."""
    given = {"organization": reader.organization, "limit": limit + 1, "after": after and str(after)}
    with reader.reading() as connection:
        found = rows(connection, Signing, sql("api/sign_offs"), given)
    items = [_signing(row) for row in found[:limit]]
    return reply(SignOffs, {"items": items, "next": items[-1]["workflow"] if len(found) > limit else None})


@ROUTER.get("/migration/differences", response_model=ShadowDifferences)
def list_shadow_differences(
    reader: Reader,
    workflow: UUID | None = None,
    limit: Limit = 50,
    after: Annotated[str | None, Query(max_length=60, description="`next` of the page before.")] = None,
) -> Response:
    """What shadow runs found to differ between before and after, unexplained differences of a workflow first."""
    behind, position = _place(after)
    given = {
        "organization": reader.organization, "workflow": workflow and str(workflow), "limit": limit + 1,
        "after_workflow": behind, "after_position": position,
    }  # fmt: skip
    with reader.reading() as connection:
        found = rows(connection, Differing, sql("api/differences"), given)
    shown = found[:limit]
    following = f"{shown[-1].workflow}.{shown[-1].position}" if len(found) > limit else None
    return reply(ShadowDifferences, {"items": shown, "next": following})


@ROUTER.get("/migration/cohorts", response_model=Cohorts)
def list_cohorts(operator: Operating) -> Response:
    """The groups of organizations by which the migration proceeds."""
    with operator.doors.database.session() as connection:
        return reply(Cohorts, {"items": rows(connection, Cohort, sql("api/cohorts"))})


@ROUTER.get("/migration/runs", response_model=Runs)
def list_phase_runs(operator: Operating, limit: Limit = 50) -> Response:
    """Phase runs, the newest first."""
    with operator.doors.database.session() as connection:
        found = rows(connection, PhaseRun, sql("api/phase_runs"), {"limit": limit})
    return reply(Runs, {"items": [_run(run) for run in found]})


@ROUTER.get("/migration/runs/{run}/gates", response_model=Gates)
def list_phase_run_gates(operator: Operating, run: UUID) -> Response:
    """The checklist of a phase run."""
    with operator.doors.database.session() as connection:
        require_run(connection, run)
        found = rows(connection, Gate, sql("api/gates"), {"run": str(run)})
    return reply(Gates, {"run": str(run), "items": found})


def require_run(connection: Connection, run: UUID) -> None:
    """Raise HttpProblem (404) where there is no such phase run."""
    if not one(connection, dict, sql("api/has_run"), {"run": str(run)}):
        raise HttpProblem("not_found", f"There is no phase run {run}.", remedy="See GET migration/runs.")


def _signing(row: Signing) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in row.__slots__}
    return told | {"changes": loads(row.changes), "signed": loads(row.signed)}


def _run(run: PhaseRun) -> dict[str, Any]:
    names = ("phase", "status", "started_at", "finished_at", "actor")
    problem = None if run.problem is None else mask(run.problem)
    told = {name: getattr(run, name) for name in names}
    return told | {"id": str(run.id), "problem": problem, "scope": loads(run.scope)}


def _place(after: str | None) -> tuple[str | None, int | None]:
    if after is None:
        return None, None
    named, _, position = after.partition(".")
    try:
        if not (position.isascii() and position.isdecimal() and len(position) < 10):
            raise ValueError(after)
        return str(UUID(named)), int(position)
    except ValueError:
        raise invalid("after", "This is no place in this list.", "Give `next` of the page before.") from None
