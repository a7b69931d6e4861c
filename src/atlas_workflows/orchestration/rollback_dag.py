"""Builds `migration_rollback`: takes a phase back for some or all organizations; counts only, unless told to do it."""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from atlas_workflows.migration.phases import all_phases
from atlas_workflows.migration.request import RollbackRequest, rollback_fields
from atlas_workflows.orchestration.actor import actor_of
from atlas_workflows.orchestration.form import filled_in, form
from atlas_workflows.orchestration.notify import on_failure, on_success


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
        task(task_id="roll_back")(roll_back_phase)()
    return dag


def roll_back_phase() -> dict[str, Any]:
    """Count or remove; returns rows removed and archived per table."""
    import logging

    from atlas_workflows.migration.phases import phase_named
    from atlas_workflows.migration.rollback import roll_back
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.failures import clear_failures

    context = get_current_context()
    with clear_failures():
        request = RollbackRequest.read(filled_in(context))
        result = roll_back(
            phase_named(request.phase),
            request.scope,
            dsn=crm_dsn(),
            execute=not request.dry_run,
            actor=actor_of(context),
            reason=request.reason or "",
            parked=request.parked,
        )
    verb = "removed" if result.executed else "would remove"
    logging.getLogger("atlas.rollback").info(
        "%s %s, archive %s, give back %s",
        verb,
        dict(result.removed),
        dict(result.archived),
        dict(result.given_back),
    )
    for sentence in result.kept:
        logging.getLogger("atlas.rollback").info("%s", sentence)
    return result.to_json()
