"""The human approval of a phase: an approval in Airflow's page where the run asks for one, nothing otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException

REASON = "reason"
WITHOUT_REASON = "approved in Airflow, without a reason"


def reason_asked() -> dict[str, Param]:
    """The `params` of the task: what Airflow's page asks for beside the answer."""
    # A task is not begun with a param that has no value; the page does not send a text that is empty.
    return {REASON: Param("", type="string", title="Reason", description="Why; kept in the audit log.")}


class PhaseApproval(ApprovalOperator):  # type: ignore[misc]  # Airflow ships no types we follow
    """Waits for Approve or Reject where the run asks for approval; the answer and its reason go into the audit log.

    Airflow's page asks for the reason (`reason_asked`); an answer through its API may come without one. A rejection fails
    the task and with it the phase run; nothing is finished then. An approval on record, such as that of an earlier attempt
    or of `atlas migrate approve`, is not asked for again.

    Airflow 3.3.2 takes the task for killed when it is answered while it parks itself: where the answer comes before the
    scheduler has heard of the end of the process that parked, its executors forget the task that is queued again. That
    takes a round of the scheduler: a second or two, several on a busy machine. The next attempt then asks once more.
    """

    template_fields: ClassVar[Sequence[str]] = (*ApprovalOperator.template_fields, "phase_run_id")

    def __init__(self, *, phase_run_id: str, found_by: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(fail_on_reject=True, **kwargs)
        self.phase_run_id = phase_run_id
        self.found_by = tuple(found_by)

    def execute(self, context: Any) -> Any:
        run_id = self._run_id(context)
        if not context["params"]["require_approval"]:
            self.log.info("No approval was asked for.")
            return do_step(run_id)
        if is_approved(run_id):
            return do_step(run_id)
        self.body = question(run_id, [context["ti"].xcom_pull(task_ids=task_id) for task_id in self.found_by])
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        reason = str((event.get("params_input") or {}).get(REASON) or "").strip()
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException as rejection:
            why = f" ({reason})" if reason else ""
            raise AirflowFailException(f"The phase was rejected{why}; nothing is finished.") from rejection
        user = answer.get("responded_by_user") or {}
        run_id = self._run_id(context)
        note_approval(run_id, str(user.get("name") or user.get("id") or "airflow"), reason or WITHOUT_REASON)
        return do_step(run_id)

    def _run_id(self, context: Any) -> UUID:
        """It may be days before somebody answers, and `airflow db clean` may have been here meanwhile."""
        from atlas_workflows.orchestration.connections import crm_dsn
        from atlas_workflows.orchestration.failures import clear_failures
        from atlas_workflows.orchestration.phase_run import run_id_of

        with clear_failures():
            return run_id_of(self.phase_run_id, context["dag"].dag_id, dsn=crm_dsn())


def question(run_id: UUID, found: Sequence[Mapping[str, Any] | None]) -> str:
    """What the person who decides reads: what was found, and the way to the report, which is written by then."""
    from atlas_workflows.migration.recorded import report_so_far
    from atlas_workflows.migration.report.words import lines_of
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures

    with clear_failures():
        report_so_far(run_id, crm_site())
    lines = [f"- {line.strip()}" for summary in found if summary for line in lines_of(summary)]
    return "\n".join(
        [f"Phase run {run_id}. Its report so far is in the tab Report of this DAG run.", "", *lines]
    )


def do_step(run_id: UUID) -> dict[str, Any]:
    """The phase's own step `approve`, which looks for the approval on record."""
    from atlas_workflows.migration.recorded import run_step
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures, require_passed

    with clear_failures():
        result = run_step(run_id, "approve", crm_site())
    require_passed(result, "approve")
    return dict(result.summary)


def is_approved(run_id: UUID) -> bool:
    """Whether somebody has approved this phase run already."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.runs.controls import approval_of
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures

    with (
        clear_failures(),
        connect(crm_dsn(), application_name="atlas-approve", autocommit=True) as connection,
    ):
        return approval_of(connection, run_id) is not None


def note_approval(run_id: UUID, by: str, reason: str) -> None:
    """Put the approval on record, as `atlas migrate approve` does."""
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.runs.controls import approve_run
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures

    with (
        clear_failures(),
        connect(crm_dsn(), application_name="atlas-approve", autocommit=True) as connection,
    ):
        approve_run(connection, run_id, by, reason)
