"""DAGs of recurring workflows: what a snapshot makes, what a broken entry costs, and one occurrence from bundle to execution."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.utils.types import DagRunType
from airflow_process import AirflowRuntime

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.orchestration.deadline import STARTS_WITHIN
from atlas_workflows.orchestration.occasions import occasion_of
from atlas_workflows.orchestration.scheduled_dag import build_scheduled_dag, scheduled_dags
from atlas_workflows.recurring.audience.saved import save_audience
from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.snapshot import Snapshot, SnapshotDamaged, read_snapshot
from atlas_workflows.settings import ROOT
from atlas_workflows.store.steering import By
from atlas_workflows.supervision.airflow_environment import BUNDLES, CONNECTION_VARIABLE, airflow_connection
from crm_world import build_crm

PUBLISHED = datetime(2026, 3, 27, 12, 30, tzinfo=UTC)
VERSIONS = ROOT / "tests" / "orchestration" / "dag_versions.py"
ONE = "11111111-1111-4111-8111-111111111111"


def entry(number: int = 1, **schedule: Any) -> Entry:
    return entry_of(
        organization=ONE, organization_name="Iron Gym", workflow=f"00000000-0000-4000-8000-{number:012}", name="Monday news",
        version=3, trigger="nine", published_at=PUBLISHED, active_since=PUBLISHED, year=2026,
        schedule={"cron": "0 9 * * *", "timezone": "Europe/London", **schedule},
    )  # fmt: skip


def _beside(folder: Path, *entries: Entry) -> Path:
    (folder / "scheduled_workflows.json").write_text(Snapshot(entries).text())
    return folder / "scheduled_workflows.py"


def test_a_dag_says_what_people_want_to_know() -> None:
    dag = build_scheduled_dag(entry(closures=["2026-03-30"], on_closed="skip"), "2026b")
    assert dag.dag_id == "recurring.00000000-0000-4000-8000-000000000001.nine"
    assert dag.dag_display_name == "Iron Gym · Monday news"
    assert dag.tags == {"recurring", "Iron Gym"}
    assert dag.owner == "Iron Gym"
    assert dag.is_paused_upon_creation is False
    assert (dag.start_date, dag.catchup, dag.max_active_runs) == (PUBLISHED, False, 1)
    assert dag.description.startswith("At 09:00 every day (Europe/London).")
    assert "version 3" in dag.doc_md
    assert "- Sat 2026-03-28 09:00:00 +0000 (2026-03-28 09:00:00 UTC)" in dag.doc_md
    assert "- Sun 2026-03-29 09:00:00 +0100 (2026-03-29 08:00:00 UTC)" in dag.doc_md
    assert "2026-03-31" in dag.doc_md
    assert "2026-03-30" not in dag.doc_md
    assert "tzdata 2026b" in dag.doc_md
    assert [sorted(t.downstream_task_ids) for t in dag.topological_sort()] == [["start"], []]
    assert [alert.interval for alert in dag.deadline] == [STARTS_WITHIN]
    assert build_scheduled_dag(entry(overlap="allow"), "2026b").max_active_runs == 16


def test_an_audience_has_tasks_of_its_own_and_changes_no_other_entry() -> None:
    plain, crowd = entry(), replace(entry(), audience="vips")
    dag = build_scheduled_dag(crowd, "2026b")
    assert [task.task_id for task in dag.topological_sort()] == [
        "gate",
        "audience",
        "execute",
        "check",
        "summary",
    ]
    assert dag.task_dict["check"].trigger_rule == "none_failed_min_one_success", (
        "nobody to execute skips that alone"
    )
    assert [outlet.name for outlet in dag.task_dict["summary"].outlets] == [dag.dag_id]
    assert "the saved audience `vips` finds" in dag.doc_md
    assert "audience" not in plain.to_json()
    kept = read_snapshot(Snapshot((plain, crowd)).text(), "here")
    assert [found.audience for found in kept.entries] == [None, "vips"]


def test_a_broken_entry_costs_its_own_dag_and_says_why(tmp_path: Path) -> None:
    broken = replace(entry(2), schedule={"cron": "99 9 * * *", "timezone": "UTC"})
    dags = list(scheduled_dags(_beside(tmp_path, entry(1), broken, entry(3, overlap="buffer_one"))))
    assert [dag.timetable.can_be_scheduled for dag in dags] == [True, False, True]
    assert "cron: " in dags[1].doc_md
    assert "99" in dags[1].description
    assert "broken" in dags[1].tags


def test_a_starting_task_builds_its_own_dag_alone(tmp_path: Path) -> None:
    file = _beside(tmp_path, *(entry(number) for number in range(5)))
    assert [dag.dag_id for dag in scheduled_dags(file, only=entry(3).dag_id)] == [entry(3).dag_id]
    assert list(scheduled_dags(file, only="migration_p1_database")) == []


def test_a_snapshot_cut_in_half_is_an_import_error_by_name(tmp_path: Path) -> None:
    file = _beside(tmp_path, entry(1), entry(2))
    part = file.with_suffix(".json")
    part.write_bytes(part.read_bytes()[:600])
    with pytest.raises(SnapshotDamaged, match=r"scheduled_workflows\.json is damaged"):
        list(scheduled_dags(file))


@pytest.mark.parametrize(
    ("kind", "key", "cause"),
    [
        (DagRunType.SCHEDULED, "2026-03-28T09:00:00Z", "due"),
        (DagRunType.BACKFILL_JOB, "2026-03-28T09:00:00Z", "backfill"),
        (DagRunType.MANUAL, "manual:the run", "by_hand"),
        (DagRunType.ASSET_TRIGGERED, "manual:the run", "by_hand"),
    ],
)
def test_the_key_of_a_dag_run(kind: DagRunType, key: str, cause: str) -> None:
    due = datetime(2026, 3, 28, 9, tzinfo=UTC)
    found = occasion_of(SimpleNamespace(run_type=kind, run_id="the run", logical_date=due, run_after=due))
    assert (found.key, found.cause.value) == (key, cause)


def test_another_process_makes_the_same_dag_version_and_stays_light(tmp_path: Path) -> None:
    """Whatever is unordered in a serialised DAG makes a new version at every reading."""
    hours = {
        "business_hours": {"mon": ["09:00-12:00", "13:00-17:00"]},
        "closures": ["2026-12-24", "2026-05-01"],
    }
    file = _beside(
        tmp_path,
        entry(1),
        replace(entry(2, holidays="US"), audience="vips"),
        entry(3, **hours, jitter_seconds=60),
    )
    base = {
        "PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    running = [
        subprocess.Popen([sys.executable, str(VERSIONS), str(file)], env=base | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for seed in ("0", "4242")
    ]  # fmt: skip
    answers = [process.communicate(timeout=120) for process in running]
    lines = [
        [line for line in out.splitlines() if line.startswith(("recurring.", "["))] for out, _ in answers
    ]
    assert len(lines[0]) == 4, answers[0]
    assert lines[0] == lines[1]
    assert lines[0][-1] == "[]"


RUN = """
import json
from pathlib import Path
import pendulum
from airflow.dag_processing.dagbag import DagBag
from atlas_workflows.orchestration.recurring_bundle import RecurringBundle
bundle = RecurringBundle(name="atlas_recurring")
bundle.initialize()
version = bundle.get_current_version().version
bundle.refresh()
again = RecurringBundle(name="atlas_recurring", version=version)
import shutil
shutil.rmtree(again.path)
again.initialize()
bag = DagBag(str(again.path), bundle_path=again.path, bundle_name="atlas_recurring")
dag, crowd = sorted(bag.dags.values(), key=lambda found: len(found.tasks))
dag.deadline = crowd.deadline = None  # dag.test() of Airflow 3.3.2 asks its database for them by what they are
due = pendulum.parse("2026-06-10T09:00:00Z")
states = []
for _ in range(2):
    run = dag.test(logical_date=due, run_after=due)
    states.append([str(run.state), *sorted(f"{ti.task_id}={ti.state}" for ti in run.get_task_instances())])
run = crowd.test(logical_date=due, run_after=due)
states.append([str(run.state), *sorted(f"{ti.task_id}={ti.state}" for ti in run.get_task_instances())])
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
with create_session() as session:
    events = [[event.asset.name == crowd.dag_id, event.extra] for event in session.query(AssetEvent)]
print("RESULT", json.dumps({"events": events, "same": bundle.get_current_version().version == version, "errors": bag.import_errors, "states": states}))
"""


def _publish(connection: Connection, **more: str) -> None:
    schedule = {"cron": "0 9 * * *", "timezone": "UTC"}
    definition = {
        "format": "atlas.workflow/1", "id": "news", "name": "Monday news", "nodes": [], "edges": [],
        "triggers": [{"id": "nine", "type": "schedule", "parameters": {"schedule": schedule, **more}}],
    }  # fmt: skip
    with connection.transaction():
        (workflow,) = connection.execute(
            "INSERT INTO atlas.workflows (organization_id, name, owner, status, published_version) "
            "VALUES (%s, 'Monday news', 'atlas_enhanced', 'active', 1) RETURNING id", [ONE],
        ).fetchone()  # type: ignore[misc]  # fmt: skip
        connection.execute(
            "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash, created_at) "
            "VALUES (%s, %s, 1, %s, 'x', '2026-01-01')", [workflow, ONE, json.dumps(definition)],
        )  # fmt: skip


def test_one_occurrence_from_the_bundle_to_its_execution(
    airflow_runtime: AirflowRuntime, atlas_dsn: str
) -> None:
    """The DAG run's folder is gone, as on another machine; run twice it enrols once. Another one has an audience of two."""
    with build_crm(atlas_dsn) as crm:
        crm.execute(
            "INSERT INTO leads (org_id, first_name, tags) VALUES (%s, 'Bo', '{vip}'), (%s, 'Cy', '{}')",
            [ONE, ONE],
        )
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        save_audience(
            connection,
            ONE,
            "vips",
            {"of": "leads", "where": {"tags": {"any": ["vip"]}}},
            By("ada", "x"),
            PUBLISHED,
        )
        _publish(connection)
        _publish(connection, audience="vips")
    ours = {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES[1:])}
    done = airflow_runtime.python(RUN, **ours, **{CONNECTION_VARIABLE: airflow_connection(atlas_dsn)})
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout[-1500:] + done.stderr[-1500:]
    result = json.loads(lines[-1].removeprefix("RESULT "))
    ((named_like_the_dag, summary),) = result.pop("events")
    assert named_like_the_dag
    assert (summary["occurrence"][:7], summary["outcomes"]) == ("manual:", {"completed": 2})
    tasks = [f"{task}=success" for task in ("audience", "check", "execute", "gate", "summary")]
    assert result == {
        "same": True, "errors": {}, "states": [["success", "gate=success", "start=success"]] * 2 + [["success", *tasks]],
    }  # fmt: skip
    with connect(atlas_dsn, application_name="test") as connection:
        found = connection.execute("SELECT anchor, subject FROM atlas.enrolments").fetchall()
    assert len(found) == 3
