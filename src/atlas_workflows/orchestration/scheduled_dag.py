"""Builds the DAG of a recurring workflow from its entry in the snapshot: when it is due, what people read, and its tasks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, get_current_context, task

from atlas_workflows.errors import AtlasError
from atlas_workflows.orchestration.audience_tasks import add_audience_tasks
from atlas_workflows.orchestration.deadline import starts_in_time
from atlas_workflows.orchestration.notify import on_failure
from atlas_workflows.orchestration.timetable import RecurringTimetable
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.snapshot import read_snapshot_file

RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=10)}
SHOWN = 5  # occurrences on the DAG's page
AT_ONCE = 16  # DAG runs of a workflow whose occurrences may overlap


def scheduled_dags(dag_file: Path, only: str | None = None) -> Iterator[DAG]:
    """The DAGs of the snapshot beside `dag_file`, or one of them. Raises SnapshotDamaged; a broken entry costs its own DAG alone."""
    snapshot = read_snapshot_file(dag_file.with_suffix(".json"))
    for entry in snapshot.entries:
        if only is None or entry.dag_id == only:
            yield build_scheduled_dag(entry, snapshot.tzdata)


def build_scheduled_dag(entry: Entry, tzdata: str) -> DAG:
    """The entry's DAG; where its schedule cannot be carried out, a DAG without one that says why."""
    try:
        timetable = RecurringTimetable(entry.schedule, workflow_id=entry.workflow, tzdata=tzdata)
        page = _page(entry, timetable)
    except AtlasError as refusal:
        return _broken_dag(entry, f"{refusal.fact} {refusal.remedy}")
    overlaps = timetable.schedule.spec.overlap == "allow"
    with _dag(entry, page, timetable, timetable.description, AT_ONCE if overlaps else 1) as dag:
        which = {"organization": entry.organization, "workflow": entry.workflow, "trigger": entry.trigger}
        gate = task(task_id="gate")(pass_gate)(**which)
        if entry.audience is None:
            gate >> task(task_id="start")(start)(**which)
        else:
            add_audience_tasks(gate, entry)
    return dag


def pass_gate(organization: str, workflow: str, trigger: str) -> None:
    """Skips the rest, saying why, unless the workflow is still published, ours, on time and not in its own way."""
    from airflow.sdk.exceptions import AirflowSkipException

    from atlas_workflows.orchestration.occasions import at_gate

    verdict = at_gate(organization, workflow, trigger, get_current_context())
    if not verdict.may_start:
        raise AirflowSkipException(verdict.why)


def start(organization: str, workflow: str, trigger: str) -> dict[str, Any]:
    """Begin the execution of this occurrence through the engine; repeated, cleared or backfilled it begins no second one."""
    from atlas_workflows.orchestration.occasions import start_now

    return start_now(organization, workflow, trigger, get_current_context())


def explain(why: str) -> None:
    """What is broken, in the task's log."""
    from airflow.sdk.exceptions import AirflowFailException

    raise AirflowFailException(why)


def _broken_dag(entry: Entry, why: str) -> DAG:
    page = f"# {entry.title}\n\nThis schedule does not fire: {why}\n\nCorrect it and publish the workflow again.\n"
    with _dag(entry, page, None, f"Does not fire: {why}", 1, "broken") as dag:
        task(task_id="explain")(explain)(why)
    return dag


def _dag(entry: Entry, page: str, schedule: Any, words: str, at_once: int, *tags: str) -> DAG:
    return DAG(
        dag_id=entry.dag_id,
        dag_display_name=entry.title,
        description=words,
        doc_md=page,
        schedule=schedule,
        start_date=entry.since,
        catchup=False,
        max_active_runs=at_once,
        # The workflow's own status decides; a pause in Airflow is an operator's hold on top of it.
        is_paused_upon_creation=False,
        default_args={"owner": entry.organization_name, **RETRIES},
        tags=sorted({"recurring", entry.organization_name[:100], *tags}),
        on_failure_callback=on_failure,
        deadline=None if schedule is None else starts_in_time(),
    )


def _page(entry: Entry, timetable: RecurringTimetable) -> str:
    """Nothing in it changes by itself, else every reading would make a new DAG version."""
    return f"""# {entry.name}

Recurring workflow of **{entry.organization_name}**, version {entry.version}. {timetable.description}

Since it stands like this it is due first at:

{_times(timetable, entry.since)}

{_whom(entry)} It stops as soon as the workflow is paused or archived:
`atlas workflow pause {entry.workflow} --organization {entry.organization} --by YOU --reason WHY`.
A pause in Airflow holds it on top of that. Time zone data: tzdata {timetable.tzdata}.
[What fires when](plugin/atlas/atlas/calendar?organization={entry.organization}) in this organization.
"""


def _whom(entry: Entry) -> str:
    if entry.audience is None:
        return "Every occurrence starts one execution."
    return f"Every occurrence starts one execution for each whom the saved audience `{entry.audience}` finds."


def _times(timetable: RecurringTimetable, since: datetime) -> str:
    found = timetable.schedule.next(since.astimezone(UTC), SHOWN)
    lines = [f"- {each.local:%a %Y-%m-%d %H:%M:%S %z} ({each.at:%Y-%m-%d %H:%M:%S} UTC)" for each in found]
    return "\n".join(lines) or "- never"
