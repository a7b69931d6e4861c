"""The end of a phase run that Airflow drove: its status follows from how its steps ended."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from atlas_workflows.migration.records import StepRow
from atlas_workflows.migration.steps import StepStatus
from atlas_workflows.settings import Settings

DONE = (StepStatus.PASSED, StepStatus.SKIPPED)
SETTLED = ("succeeded", "rolled_back", "cancelled", "paused")


def final_status(steps: Sequence[StepRow]) -> tuple[str, str | None]:
    """The run's status, and the first step's problem where one did not pass."""
    stopped = next((step for step in steps if step.status not in DONE), None)
    if stopped is None:
        return "succeeded", None
    return "failed", stopped.problem or f"Step {stopped.kind} did not finish."


def close_phase_run(phase_run_id: str, *, dsn: str, settings: Settings) -> dict[str, Any]:
    """Record the final status, unless the run has one; returns it with the report's folder."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.records import read_run, read_steps
    from atlas_workflows.migration.run import close_run

    run_id = UUID(phase_run_id)
    with connect(dsn, application_name="atlas-close", autocommit=True) as connection:
        status = read_run(connection, run_id).status
        steps = read_steps(connection, run_id)
    if status not in SETTLED:
        status, problem = final_status(steps)
        close_run(run_id, status, dsn=dsn, problem=problem)
    return {"status": status, "report": str(settings.home / "reports" / phase_run_id)}
