"""The human approval of a phase: an approval in Airflow's page where the run asks for one, nothing otherwise."""

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator


class WantedApproval(ApprovalOperator):  # type: ignore[misc]  # Airflow ships no types we follow
    """Waits for Approve or Reject only where the DAG run's parameter `require_approval` is set."""

    def execute(self, context: Any) -> Any:
        if not context["params"]["require_approval"]:
            self.log.info("No approval was asked for.")
            return None
        return super().execute(context)
