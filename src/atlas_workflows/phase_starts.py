"""Phases started and approved from outside of a terminal: by the DAGs of the Airflow that is there, by the functions of the commands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """A phase that can be started, with its DAG and the settings that it would be started with."""

    phase: str
    dag_id: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PhaseStarts:
    """Starts phases in the Airflow that `settings` name, or the local stack's. What it imports is heavy, and imported when asked."""

    settings: Callable[[], Settings]

    def plan(self, phase: str, settings: Mapping[str, Any], actor: str) -> Planned:
        """What would be started, a dry run unless the settings turn that off; null is as good as absent.

        Raises InputError for what is no phase or no setting, PhaseRefused where no Airflow would run it, StackError where it does
        not answer.
        """
        from atlas_workflows.migration.phases import phase_named
        from atlas_workflows.migration.preflight.checklist import waivable_items
        from atlas_workflows.migration.request import PhaseRequest
        from atlas_workflows.supervision.recurring_dags import airflow_of

        found = phase_named(phase)
        wishes = {"dry_run": True, **{name: value for name, value in settings.items() if value is not None}}
        try:
            PhaseRequest.read(wishes, actor=actor, waivable=waivable_items())
        except InputError as refusal:
            if "field" in refusal.attributes:
                refusal.attributes["field"] = f"settings.{refusal.attributes['field'][:100]}"
            raise
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
        return Planned(found.name, found.dag_id, wishes)

    def is_under_way(self, planned: Planned, dag_run_id: str) -> bool | None:
        """Whether the DAG run of this id is queued or running; None where Airflow does not know of it, or no more. Raises StackError."""
        from atlas_workflows.supervision.recurring_dags import airflow_of

        airflow = airflow_of(self.settings())
        state = None if airflow is None else airflow.state_if_known(planned.dag_id, dag_run_id)
        return None if state is None else state in ("queued", "running")

    def start(self, planned: Planned, dag_run_id: str) -> Mapping[str, Any]:
        """Trigger the DAG; asked again with the same id, it is the same DAG run. The settings that it was started with.

        Raises PhaseRefused where there is no Airflow any more, StackError where it does not answer.
        """
        from atlas_workflows.supervision.recurring_dags import airflow_of

        airflow = airflow_of(self.settings())
        if airflow is None:
            raise PhaseRefused("There is no Airflow here any more.", remedy="Start it, then try again.")
        return airflow.trigger_once(planned.dag_id, dict(planned.settings), dag_run_id)

    def approve(self, connection: Connection, run: str, actor: str, reason: str) -> Any:
        """Note that somebody lets the run go on, unless somebody has; that one. Raises PhaseRefused where it has ended."""
        from atlas_workflows.db.acting import act_as_migration
        from atlas_workflows.db.sql_files import sql
        from atlas_workflows.migration.runs.controls import approval_of, approve_run

        named = UUID(run)
        act_as_migration(connection)
        connection.execute(sql("migration/runs/lock_run"), {"id": named})
        if approval_of(connection, named) is None:
            approve_run(connection, named, actor, reason)
        return approval_of(connection, named)
