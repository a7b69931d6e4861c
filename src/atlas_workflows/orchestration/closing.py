"""The end of a phase run that Airflow drove: status from its steps, report, and what `atlas migrate run` would exit with."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.runs.outcome import QUARANTINED
from atlas_workflows.migration.runs.records import StepRow
from atlas_workflows.migration.steps import StepStatus, step_kinds
from atlas_workflows.settings import Settings

DONE = (StepStatus.PASSED, StepStatus.SKIPPED)
SETTLED = ("succeeded", "rolled_back", "cancelled", "paused")


def stopped_at(steps: Sequence[StepRow]) -> StepRow | None:
    """The first step that did not pass; None where all did."""
    return next((step for step in steps if step.status not in DONE), None)


def exit_code(stopped: StepRow | None, quarantined_rows: int) -> int:
    """0 everything migrated, 3 with quarantined rows, 4 a gate said no, 1 anything else."""
    if stopped is None:
        return QUARANTINED if quarantined_rows else 0
    kind = step_kinds().get(stopped.kind)
    return kind.failure_exit if kind and stopped.status == StepStatus.FAILED else 1


def close_phase_run(run_id: UUID, *, dsn: str, settings: Settings) -> dict[str, Any]:
    """Record the final status, unless the run has one, and write the report; returns what people want to know first."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.phase import phase_named
    from atlas_workflows.migration.report.write import report_run
    from atlas_workflows.migration.runs.records import read_run, read_steps
    from atlas_workflows.migration.runs.run import close_run

    with connect(dsn, application_name="atlas-close", autocommit=True) as connection:
        run = read_run(connection, run_id)
        stopped = stopped_at(read_steps(connection, run_id))
    status = run.status
    problem = None if stopped is None else stopped.problem or f"Step {stopped.kind} did not finish."
    if status not in SETTLED:
        status = "succeeded" if stopped is None else "failed"
        close_run(run_id, status, dsn=dsn, problem=problem)
    context = PhaseContext(run_id, phase_named(run.phase), run.scope, run.options, dsn, settings)
    head = report_run(context)
    return {
        "status": status,
        "exit_code": exit_code(stopped, int(head["quarantined_rows"])),
        "counts": dict(head["counts"]),
        "quarantined_rows": head["quarantined_rows"],
        "problem": head["problem"],
        "report": str(context.report_dir),
    }
