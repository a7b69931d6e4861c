"""The human approval of a phase: an approval in Airflow's page where the run asks for one, nothing otherwise."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from airflow.providers.standard.operators.hitl import ApprovalOperator


class PhaseApproval(ApprovalOperator):  # type: ignore[misc]  # Airflow ships no types we follow
    """Waits for Approve or Reject where the run asks for approval; the answer goes into the audit log.

    A rejection fails the task and with it the phase run; nothing is finished then.
    """

    template_fields: ClassVar[Sequence[str]] = (*ApprovalOperator.template_fields, "phase_run_id")

    def __init__(self, *, phase_run_id: str, **kwargs: Any) -> None:
        super().__init__(fail_on_reject=True, **kwargs)
        self.phase_run_id = phase_run_id

    def execute(self, context: Any) -> Any:
        if context["params"]["require_approval"]:
            return super().execute(context)
        self.log.info("No approval was asked for.")
        return do_step(self.phase_run_id)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        user = answer.get("responded_by_user") or {}
        note_approval(self.phase_run_id, str(user.get("name") or user.get("id") or "airflow"))
        return do_step(self.phase_run_id)


def do_step(phase_run_id: str) -> dict[str, Any]:
    """The phase's own step `approve`, which looks for the approval on record."""
    from atlas_workflows.migration.run import run_step
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures, insist
    from atlas_workflows.settings import load_settings

    with clear_failures():
        result = run_step(UUID(phase_run_id), "approve", dsn=crm_dsn(), settings=load_settings())
    insist(result, "approve")
    return dict(result.summary)


def note_approval(phase_run_id: str, by: str) -> None:
    """Put the approval on record, as `atlas migrate approve` does."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.controls import approve_run
    from atlas_workflows.orchestration.connections import crm_dsn

    with connect(crm_dsn(), application_name="atlas-approve", autocommit=True) as connection:
        approve_run(connection, UUID(phase_run_id), by, "approved in Airflow")
