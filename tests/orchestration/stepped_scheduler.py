"""A program: Airflow's own scheduler makes the DAG runs of many schedules under a stepped clock; prints where they differ from what was said.

Nothing runs: the code that makes DAG runs and decides when the next is due is called on a metadata database of its own, with
the timetable's clock in our hands. Every tenth DAG run is asked for twice, as by a scheduler that was killed in between.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from airflow.dag_processing.collection import update_dag_parsing_results_in_db
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from recurring_specs import AHEAD, ZONES, said, specs
from sqlalchemy import select, update

from atlas_workflows.orchestration.scheduled_dag import build_scheduled_dag
from atlas_workflows.orchestration.timetable import RecurringTimetable
from atlas_workflows.recurring.entry import Entry

CLOCK = [datetime(2026, 1, 1, tzinfo=UTC)]
RecurringTimetable.now = staticmethod(lambda: CLOCK[0])
BUNDLE = "stepped"


def main(count: int, *chosen: str) -> None:
    """The two changes of every zone, or of those chosen, one after the other."""
    with create_session() as session:
        session.add(DagBundleModel(name=BUNDLE))
    differ, runs = [], 0
    for zone in chosen or ZONES:
        for day in ZONES[zone]:
            made = group(zone, datetime.fromisoformat(f"{day}T00:00:00Z"), count)
            runs += sum(len(found) for _, found, _ in made)
            differ += [each for each in made if each[1] != each[2]]
    print("RESULT", json.dumps({"runs": runs, "differ": differ[:5]}))


def group(zone: str, begin: datetime, count: int) -> list[tuple[Any, list[str], list[str]]]:
    """The schedules in one zone from `begin` on: each spec, what was made, and what was said."""
    CLOCK[0] = begin
    entries = {entry.dag_id: (entry, spec) for entry, spec in entries_of(zone, begin, count)}
    dags = [LazyDeserializedDAG.from_dag(_in_bundle(entry)) for entry, _ in entries.values()]
    with create_session() as session:
        update_dag_parsing_results_in_db(BUNDLE, None, dags, {}, None, set(), session)
    runner = SchedulerJobRunner(job=_job())
    left = dict.fromkeys(entries, AHEAD)
    while left:
        with create_session() as session:
            _step(runner, session, left)
    with create_session() as session:
        rows = session.execute(select(DagRun.dag_id, DagRun.logical_date).order_by(DagRun.logical_date)).all()
        session.execute(update(DagModel).values(is_stale=True))
    made: dict[str, list[str]] = {dag_id: [] for dag_id in entries}
    for dag_id, due in rows:
        if dag_id in made:
            made[dag_id].append(due.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z")
    since = f"{begin:%Y-%m-%dT%H:%M:%SZ}"
    return [
        (spec, made[dag_id], said({**spec, "timezone": zone}, since, AHEAD, entry.workflow))
        for dag_id, (entry, spec) in entries.items()
    ]


def entries_of(zone: str, begin: datetime, count: int) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """One for each spec; jitter goes by the workflow's id."""
    for number, spec in enumerate(specs(count)):
        place = sorted(ZONES).index(zone) * 1_000_000 + begin.timetuple().tm_yday * 1_000 + number
        yield (
            Entry(
                "o",
                "Gym",
                str(UUID(int=place)),
                "W",
                1,
                "nine",
                begin.isoformat(),
                {**spec, "timezone": zone},
            ),
            spec,
        )


def _step(runner: SchedulerJobRunner, session: Any, left: dict[str, int]) -> None:
    """Set the clock to the next due instant and make what is due then."""
    models = list(session.scalars(select(DagModel).where(DagModel.dag_id.in_(left))))
    for model in models:
        if model.next_dagrun_create_after is None:
            del left[model.dag_id]
    waiting = [model for model in models if model.dag_id in left]
    if not waiting:
        return
    CLOCK[0] = min(model.next_dagrun_create_after for model in waiting) + timedelta(seconds=1)
    due = [model for model in waiting if model.next_dagrun_create_after <= CLOCK[0]]
    before = {model.dag_id: (model.next_dagrun, model.next_dagrun_create_after) for model in due}
    runner._create_dag_runs(due, session)
    session.execute(update(DagRun).values(state=DagRunState.SUCCESS))
    for number, model in enumerate(due):
        model.exceeds_max_non_backfill = False
        left[model.dag_id] -= 1
        if number % 10 == 0:
            model.next_dagrun, model.next_dagrun_create_after = before[model.dag_id]
            runner._create_dag_runs([model], session)
        if not left[model.dag_id]:
            del left[model.dag_id]


def _in_bundle(entry: Entry) -> Any:
    dag = build_scheduled_dag(entry, "t")
    dag.fileloc, dag.relative_fileloc = __file__, "stepped.py"
    return dag


def _job() -> Job:
    with create_session() as session:
        job = Job(job_type=SchedulerJobRunner.job_type)
        session.add(job)
        session.flush()
        session.expunge(job)
    return job


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
