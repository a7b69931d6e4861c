"""Builds `engine_sweep`: reaps, settles drains, and runs a large backlog as mapped tasks on Airflow's executor."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, task

from atlas_workflows.orchestration.notify import on_failure
from atlas_workflows.orchestration.said import say

RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=15)}


def build_engine_sweep_dag(page: str) -> DAG:
    """The DAG; `page` is shown as its documentation."""
    with DAG(
        dag_id="engine_sweep",
        dag_display_name="Look after the engine",
        description="Reaps what dead workers held; runs a large backlog beside the standing workers",
        doc_md=page,
        schedule=timedelta(minutes=5),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args=RETRIES,
        tags=["engine"],
        on_failure_callback=on_failure,
    ) as dag:
        shares = task(task_id="reap")(reap)()
        task(task_id="work")(work).expand(share=shares)
    return dag


def reap() -> list[int]:
    """Make ready what is due or was held too long, settle drains; the numbers of the tasks that the backlog needs."""
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.orchestration.sweeping import reap_and_plan

    with clear_failures():
        found = reap_and_plan(crm_site())
    say("Made ready", asdict(found))
    return found.shares


def work(share: int) -> dict[str, Any]:
    """The same worker as `atlas worker`, until nothing is due."""
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.wiring import work_until_done

    with clear_failures():
        return {"share": share, "seconds": round(work_until_done(crm_site()), 1)}
