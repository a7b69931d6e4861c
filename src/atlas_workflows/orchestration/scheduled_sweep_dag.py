"""Builds `scheduled_sweep`: one task a minute that starts what is due of schedules without a DAG of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, task

from atlas_workflows.orchestration.deadline import starts_in_time
from atlas_workflows.orchestration.notify import on_failure

RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=5)}
EVERY = timedelta(minutes=1)
STAYS = timedelta(seconds=62)  # a little into the next minute, at whose beginning most things are due


def build_scheduled_sweep_dag(page: str) -> DAG:
    """The DAG; `page` is shown as its documentation."""
    with DAG(
        dag_id="scheduled_sweep",
        dag_display_name="Start recurring workflows",
        description="Starts recurring workflows that have no DAG of their own, and what has waited its turn",
        doc_md=page,
        schedule=EVERY,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        # What is published starts without anybody turning something on first.
        is_paused_upon_creation=False,
        default_args=RETRIES,
        tags=["recurring"],
        on_failure_callback=on_failure,
        deadline=starts_in_time(),
    ) as dag:
        task(task_id="sweep")(sweep)()
    return dag


def sweep() -> dict[str, Any]:
    """Start what is due and what comes due within the minute; the numbers of it."""
    from atlas_workflows.orchestration.occasions import sweep_now

    return sweep_now(STAYS)
