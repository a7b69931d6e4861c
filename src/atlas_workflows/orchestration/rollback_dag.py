"""Builds `migration_rollback`: takes a phase back for some or all organizations; counts only, unless told to do it."""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from atlas_workflows.migration.phases import all_phases
from atlas_workflows.migration.request import RollbackRequest, rollback_fields
from atlas_workflows.orchestration.actor import actor_of
from atlas_workflows.orchestration.form import filled_in, form
from atlas_workflows.orchestration.notify import on_failure, on_success
from atlas_workflows.orchestration.said import note_driver, say


def build_rollback_dag(page: str) -> DAG:
    """The DAG; `page` is shown as its documentation."""
    names = [phase.name for phase in all_phases()]
    with DAG(
        dag_id="migration_rollback",
        dag_display_name="Roll a phase back",
        description="Removes what a phase made; archives rows born since; a dry run by default",
        doc_md=page,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        params=form(rollback_fields(), defaults={"phase": names[0]}, choices={"phase": names}),
        # A rollback is one transaction: at a failure nothing has happened, and somebody should look before the next try.
        default_args={"retries": 0},
        tags=["migration", "rollback"],
        on_failure_callback=on_failure,
        on_success_callback=on_success,
    ) as dag:
        task(task_id="roll_back", show_return_value_in_logs=False)(roll_back_phase)()
    return dag


def roll_back_phase() -> dict[str, Any]:
    """Count or remove; returns rows removed and archived per table."""
    from atlas_workflows.migration.phases import phase_named
    from atlas_workflows.migration.taken_back import roll_back_and_report
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures

    context = get_current_context()
    with clear_failures():
        request = RollbackRequest.read(filled_in(context))
        result, _folder = roll_back_and_report(
            phase_named(request.phase),
            request,
            crm_site(),
            actor=actor_of(context),
            began=lambda folder: note_driver(context, folder.name),
        )
    say("Rolled back" if result.executed else "A dry run: it would be so", result.to_json())
    return result.to_json()
