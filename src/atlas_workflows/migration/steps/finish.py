"""Step `finish`: a last catch-up, consents, and the note which organizations the phase is applied to."""

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.analytics import rebuild_analytics
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.catch_up import catch_up
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import Rollback, Undo, Undone

CONSENT_TABLES = ("contacts", "leads", "clients")


def run(context: PhaseContext) -> StepResult:
    """Mark the organizations of the scope as applied. What is caught up with here belongs to the phase that moves rows."""
    with at_work(context, phase=context.phase.first.name) as worker:
        caught = catch_up(worker)
        if caught.written or caught.removed:
            rebuild_analytics(worker)
        covered = worker.source.tenants.covered
        parameters = {
            "phase": context.phase.name,
            "run_id": context.run_id,
            "organizations": sorted(worker.source.tenancy.organizations if covered is None else covered),
            "at": context.now(),
        }
        applied = worker.writer.execute(sql("migration/steps/apply_organizations"), parameters).rowcount
        consents = _record_consents(worker.writer, None if covered is None else sorted(covered))
        _audit(worker.writer, context, applied)
    summary = {"organizations": applied, "consents_added": consents, "captured_written": caught.written}
    return StepResult(StepStatus.PASSED, summary)


def _record_consents(connection: Connection, organizations: list[str] | None) -> int:
    added = 0
    for table in CONSENT_TABLES:
        with connection.transaction():
            parameters = {"table": table, "organizations": organizations}
            added += scalar(connection, sql("migration/steps/record_consents"), parameters) or 0
    return added


def _audit(connection: Connection, context: PhaseContext, organizations: int) -> None:
    audit.record(
        connection,
        Subject("phase_runs", str(context.run_id)),
        actor=context.options.actor,
        action="finish_phase",
        reason=f"{context.phase.name} is applied to {organizations} organizations",
    )


def count_nothing(_rollback: Rollback) -> Undone:
    """No row is removed: that the phase stood is part of the record, and consents are append-only."""
    return Undone()


def withdraw(rollback: Rollback) -> Undone:
    """The phase is no longer applied to the organizations."""
    rollback.execute("roll_back_organizations")
    return Undone()


STEP = StepKind(
    "finish",
    "Note which organizations the phase is applied to",
    run,
    undo=Undo(count_nothing, withdraw),
    dry_run=Skips("a dry run writes nothing"),
    continues=False,
)
