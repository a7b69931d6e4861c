"""The tasks of a recurring workflow that has an audience: enrol, execute on several processes, check, and say what came of it."""

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, get_current_context, task

from atlas_workflows.recurring.entry import Entry

# What a slow connector lets through bit by bit is left to the standing workers; a task holds its slot no longer.
MOST_TIME = timedelta(minutes=30)
EVEN_WITHOUT_ENTRANTS = "none_failed_min_one_success"


def summary_asset(entry: Entry) -> Asset:
    """What the summaries of a recurring workflow are events of; another DAG may be scheduled on it."""
    return Asset(
        name=entry.dag_id, uri=f"x-atlas://recurring/{entry.workflow}/{entry.dag_id.rpartition('.')[2]}"
    )


def add_audience_tasks(gate: Any, entry: Entry) -> None:
    """Behind the gate, in the DAG at hand."""
    which = {"organization": entry.organization, "workflow": entry.workflow, "trigger": entry.trigger}
    shares = task(task_id="audience")(enrol)(**which)
    gate >> shares
    executed = task(task_id="execute")(execute).partial(**which).expand(share=shares)
    checked = task(task_id="check", trigger_rule=EVEN_WITHOUT_ENTRANTS)(check)(**which)
    told = task(task_id="summary", outlets=[summary_asset(entry)])(summarize)(**which)
    [shares, executed] >> checked >> told


def enrol(organization: str, workflow: str, trigger: str) -> list[int]:
    """Enrol everybody whom the audience finds, page by page; the numbers of the tasks that execute them."""
    from atlas_workflows.orchestration.occasions import enrol_now

    return enrol_now(organization, workflow, trigger, get_current_context())


def execute(organization: str, workflow: str, trigger: str, share: int) -> dict[str, Any]:
    """The same worker as `atlas worker`, until nothing of this occurrence is due."""
    from atlas_workflows.orchestration.occasions import execute_now

    seconds = execute_now(organization, workflow, trigger, get_current_context(), MOST_TIME)
    return {"share": share, "seconds": round(seconds, 1)}


def check(organization: str, workflow: str, trigger: str) -> dict[str, Any]:
    """Hold what came of it against the suite recurring_audience; a critical rule that fails fails the DAG run."""
    from atlas_workflows.orchestration.occasions import check_now

    return check_now(organization, workflow, trigger, get_current_context())


def summarize(organization: str, workflow: str, trigger: str) -> dict[str, Any]:
    """How many had which outcome: the value of this task, and what the asset event says."""
    from atlas_workflows.orchestration.occasions import summary_now

    context = get_current_context()
    summary = summary_now(organization, workflow, trigger, context)
    for outlet in context["task"].outlets:
        context["outlet_events"][outlet].extra = summary
    return summary
