"""The human approval of a phase: an approval in Airflow's page where the run asks for one, nothing otherwise."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import get_hitl_detail_content_detail

# Airflow 3.3.2 takes a task for killed that is answered in the second in which it parks itself: its executor forgets
# the task that is queued again when the process that parked comes to its end. So whoever sits and waits is heard
# before the task parks; should an answer ever hit that second, the retry asks once more.
ATTENTIVE_SECONDS = 20.0
LOOK_SECONDS = 0.5


class PhaseApproval(ApprovalOperator):  # type: ignore[misc]  # Airflow ships no types we follow
    """Waits for Approve or Reject where the run asks for approval; the answer goes into the audit log.

    A rejection fails the task and with it the phase run; nothing is finished then. An approval on record, such as
    that of an earlier attempt or of `atlas migrate approve`, is not asked for again.
    """

    template_fields: ClassVar[Sequence[str]] = (*ApprovalOperator.template_fields, "phase_run_id")

    def __init__(self, *, phase_run_id: str, **kwargs: Any) -> None:
        super().__init__(fail_on_reject=True, **kwargs)
        self.phase_run_id = phase_run_id

    def execute(self, context: Any) -> Any:
        if not context["params"]["require_approval"]:
            self.log.info("No approval was asked for.")
            return do_step(self.phase_run_id)
        if is_approved(self.phase_run_id):
            return do_step(self.phase_run_id)
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            answer = answer_within(ATTENTIVE_SECONDS, context["ti"].id)
            if answer is None:
                raise
            return self.execute_complete(context, answer)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException as rejection:
            raise AirflowFailException("The phase was rejected; nothing is finished.") from rejection
        user = answer.get("responded_by_user") or {}
        note_approval(self.phase_run_id, str(user.get("name") or user.get("id") or "airflow"))
        return do_step(self.phase_run_id)


def answer_within(seconds: float, ti_id: UUID) -> dict[str, Any] | None:
    """The answer to the question that this task instance has asked, as Airflow would hand it on; None without one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        detail = get_hitl_detail_content_detail(ti_id)
        if detail.response_received:
            user = detail.responded_by_user
            return {
                "chosen_options": list(detail.chosen_options or []),
                "params_input": detail.params_input or {},
                "responded_at": detail.responded_at,
                "responded_by_user": None if user is None else {"id": user.id, "name": user.name},
                "timedout": False,
            }
        time.sleep(LOOK_SECONDS)
    return None


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


def is_approved(phase_run_id: str) -> bool:
    """Whether somebody has approved this phase run already."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.controls import approval_of
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures

    with (
        clear_failures(),
        connect(crm_dsn(), application_name="atlas-approve", autocommit=True) as connection,
    ):
        return approval_of(connection, UUID(phase_run_id)) is not None


def note_approval(phase_run_id: str, by: str) -> None:
    """Put the approval on record, as `atlas migrate approve` does."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.controls import approve_run
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures

    with (
        clear_failures(),
        connect(crm_dsn(), application_name="atlas-approve", autocommit=True) as connection,
    ):
        approve_run(connection, UUID(phase_run_id), by, "approved in Airflow")
