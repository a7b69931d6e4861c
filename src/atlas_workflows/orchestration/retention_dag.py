"""Builds `engine_retention`: once a day, `atlas retention --yes`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from atlas_workflows.orchestration.notify import on_failure


def build_retention_dag(page: str) -> DAG:
    """The DAG; `page` is shown as its documentation."""
    with DAG(
        dag_id="engine_retention",
        dag_display_name="Let go of old executions",
        description="Drops days of executions, steps and logs whose time is over, once a day",
        doc_md=page,
        schedule=timedelta(days=1),
        start_date=datetime(2026, 1, 1, 3, 30, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        params={
            "executions_days": Param(
                400, type="integer", minimum=30, title="Keep executions and steps, days"
            ),
            "logs_days": Param(30, type="integer", minimum=1, title="Keep log lines, days"),
        },
        default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
        tags=["engine"],
        on_failure_callback=on_failure,
    ) as dag:
        task(task_id="let_go")(let_go)()
    return dag


def let_go() -> dict[str, Any]:
    """What went and what stays; a try after one that failed goes on with what is left."""
    import logging

    from atlas_workflows.orchestration.actor import actor_of
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.store.retention import Keep, sweep
    from atlas_workflows.store.steering import By

    context = get_current_context()
    days = {name: int(context["params"][name]) for name in ("executions_days", "logs_days")}
    keep = Keep(timedelta(days=days["executions_days"]), timedelta(days=days["logs_days"]))
    reason = f"older than {days['executions_days']} days (logs: {days['logs_days']})"
    dropped = kept = 0
    with clear_failures():
        site = crm_site()
        with site.connect("retention", autocommit=True) as connection:
            for each in sweep(connection, keep, site.now(), By(actor_of(context), reason)):
                logging.getLogger("atlas.retention").info("%s: %s", each.name, each.kept or each.beside)
                dropped, kept = dropped + (each.kept is None), kept + (each.kept is not None)
    return {"dropped": dropped, "kept": kept}
