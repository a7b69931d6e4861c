"""What a person does to a run from outside: pause, resume, approve."""

from dataclasses import dataclass
from uuid import UUID

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhasePaused, PhaseRefused
from atlas_workflows.migration.runs.records import read_run

ENDED = ("succeeded", "cancelled", "rolled_back")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a run finish, and why."""

    actor: str
    reason: str


def require_not_stopped(status: str, run_id: UUID) -> None:
    """Raise PhasePaused for a paused run, PhaseRefused for one that was cancelled or rolled back."""
    if status == "paused":
        raise PhasePaused(
            f"Phase run {run_id} is paused.", remedy=f"`atlas migrate resume {run_id}` continues it."
        )
    if status in ("cancelled", "rolled_back"):
        raise PhaseRefused(
            f"Phase run {run_id} is {status}.", remedy="Start a new one with `atlas migrate run`."
        )


def pause_run(connection: Connection, run_id: UUID) -> None:
    """Ask a run to stop between two batches; raises PhaseRefused when it has ended already."""
    if not _change(connection, run_id, ["running", "waiting", "paused"], "paused"):
        run = read_run(connection, run_id)
        raise PhaseRefused(
            f"Phase run {run_id} is {run.status}.", remedy="Only an unfinished run can be paused."
        )


def resume_run(connection: Connection, run_id: UUID) -> None:
    """Let a paused run go on; raises PhaseRefused when it is not paused."""
    if not _change(connection, run_id, ["paused"], "running"):
        run = read_run(connection, run_id)
        raise PhaseRefused(
            f"Phase run {run_id} is {run.status}, not paused.",
            remedy="`atlas migrate run` continues an unfinished run or starts a new one.",
        )


def approve_run(connection: Connection, run_id: UUID, by: str, reason: str) -> None:
    """Note in the audit log that `by` lets the run finish; raises PhaseRefused when it has ended already."""
    run = read_run(connection, run_id)
    if run.status in ENDED:
        raise PhaseRefused(
            f"Phase run {run_id} is {run.status}.", remedy="Only an unfinished run can be approved."
        )
    act_as_migration(connection)
    audit.record(
        connection, Subject("phase_runs", str(run.id)), actor=by, action="approve_phase_run", reason=reason
    )


def approval_of(connection: Connection, run_id: UUID) -> Approval | None:
    """Who let the run finish, and why; None while nobody has."""
    act_as_migration(connection)
    return one(connection, Approval, sql("migration/runs/read_approval"), {"run_id": str(run_id)})


def _change(connection: Connection, run_id: UUID, present: list[str], wanted: str) -> bool:
    parameters = {"id": run_id, "present": present, "wanted": wanted}
    return connection.execute(sql("migration/runs/change_run_status"), parameters).rowcount == 1
