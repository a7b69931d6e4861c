"""Phases started and approved from outside of a terminal: by the DAGs of the Airflow that is there, by the functions of the commands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.settings import Settings


@dataclass(frozen=True, slots=True)
class Started:
    """The DAG run of a phase, and the settings that it was started with."""

    phase: str
    dag_id: str
    dag_run_id: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PhaseStarts:
    """Starts phases in the Airflow that `settings` name, or the local stack's. What it imports is heavy, and imported when asked."""

    settings: Callable[[], Settings]

    def start(self, phase: str, settings: Mapping[str, Any], actor: str, dag_run_id: str) -> Started:
        """Trigger the phase's DAG; asked again with the same id, it is the same DAG run.

        Raises InputError for what is no phase or no setting, PhaseRefused without an Airflow, StackError where it does not answer.
        """
        from atlas_workflows.migration.phases import phase_named
        from atlas_workflows.migration.preflight.checklist import waivable_items
        from atlas_workflows.migration.request import PhaseRequest
        from atlas_workflows.supervision.recurring_dags import airflow_of

        found, wishes = phase_named(phase), {"dry_run": True, **settings}
        PhaseRequest.read(wishes, actor=actor, waivable=waivable_items())
        airflow = airflow_of(self.settings())
        if airflow is None:
            raise PhaseRefused(
                "There is no Airflow here that could run a phase.",
                remedy=f"Run `atlas migrate run {found.alias}` where the database can be reached, or set ATLAS_AIRFLOW_URL.",
            )
        if airflow.is_paused(found.dag_id):
            # Somebody may have paused it on purpose; a run would only wait there, unseen.
            raise PhaseRefused(
                f"The DAG {found.dag_id} is paused in Airflow.", remedy="Unpause it there, then start the phase again."
            )  # fmt: skip
        known = airflow.trigger_once(found.dag_id, wishes, dag_run_id)
        return Started(found.name, found.dag_id, dag_run_id, known)

    def approve(self, connection: Connection, run: str, actor: str, reason: str) -> Any:
        """Note that somebody lets the run go on, unless somebody has; that one. Raises PhaseRefused where it has ended."""
        from atlas_workflows.migration.runs.controls import approval_of, approve_run

        named = UUID(run)
        if approval_of(connection, named) is None:
            approve_run(connection, named, actor, reason)
        return approval_of(connection, named)
