"""Builds `migration_rollout`: widens the cohort of phase 2 stage by stage; says who would be next, unless told to do it."""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from atlas_workflows.migration.request import RolloutRequest, rollout_fields
from atlas_workflows.orchestration.actor import actor_of
from atlas_workflows.orchestration.form import filled_in, form
from atlas_workflows.orchestration.notify import on_failure, on_success
from atlas_workflows.orchestration.said import note_driver, say

PHASE = "p2_core"


def build_rollout_dag(page: str) -> DAG:
    """The DAG; `page` is shown as its documentation."""
    with DAG(
        dag_id="migration_rollout",
        dag_display_name="Roll phase 2 out",
        description="Cuts cohorts over, watches them, and halts at a guardrail; a dry run by default",
        doc_md=page,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        params=form(rollout_fields()),
        # A stage that stopped was given back or needs somebody to look; the next try is a person's decision.
        default_args={"retries": 0},
        tags=["migration", "rollout"],
        on_failure_callback=on_failure,
        on_success_callback=on_success,
    ) as dag:
        task(task_id="ramp", show_return_value_in_logs=False)(ramp_stages)()
    return dag


def ramp_stages() -> dict[str, Any]:
    """Every stage in turn; the task fails with the first that does not succeed, which has halted or been given back."""
    from atlas_workflows.errors import GateClosed
    from atlas_workflows.migration.phases import phase_named
    from atlas_workflows.migration.ramp import ramp
    from atlas_workflows.migration.request import RunOptions
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.orchestration.progress import task_sink

    context = get_current_context()
    push, done = context["ti"].xcom_push, []
    with clear_failures():
        asked = RolloutRequest.read(filled_in(context))
        options = RunOptions(actor=actor_of(context), rehearse=False, **asked.cutover)
        for stage in ramp(phase_named(PHASE), crm_site(task_sink(push)), asked, options):
            done.append(stage.to_json())
            push("stages", done)
            say(f"Stage {stage.share}", done[-1])
            if done[-1]["run_id"]:
                note_driver(context, done[-1]["run_id"])
            if not stage.went_well:
                raise GateClosed(
                    f"The stage ({stage.share}) did not succeed: {done[-1]['problem']}",
                    remedy=str(done[-1]["remedy"]),
                )
    return {"stages": done}
