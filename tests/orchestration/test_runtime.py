"""Airflow reads the DAGs and runs them without a scheduler, on a real PostgreSQL."""

import json
from typing import Any

import pytest
from airflow_process import AirflowRuntime

from atlas_workflows.db.connect import connect
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.supervision.airflow_environment import CONNECTION_VARIABLE, airflow_connection

READ_DAGS = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
heavy = ("great_expectations", "pandas", "pyarrow", "psycopg", "fastapi")
bare = [name for name in heavy if name in sys.modules]
bag = DagBag()
loaded = [name for name in heavy if name in sys.modules]
print("RESULT", json.dumps({"ids": sorted(bag.dags), "errors": bag.import_errors, "bare": bare, "loaded": loaded}))
"""
DRY_RUN = """
import json
from airflow.dag_processing.dagbag import DagBag
dag = DagBag().dags["migration_p1_database"]
run = dag.test(run_conf={"dry_run": True})
states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
print("RESULT", json.dumps({"state": str(run.state), "tasks": states, "run_id": run.run_id}))
"""


def _result(runtime: AirflowRuntime, code: str, **environment: str) -> object:
    done = runtime.python(code, **environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout[-1500:] + done.stderr[-1500:]
    return json.loads(lines[-1].removeprefix("RESULT "))


@pytest.fixture(scope="module")
def read_dags(airflow_runtime: AirflowRuntime) -> dict[str, Any]:
    """What there is after reading the DAGs in a fresh process, and which heavy modules were there before and after."""
    found = _result(airflow_runtime, READ_DAGS)
    assert isinstance(found, dict)
    return found


def test_exactly_these_dags_and_no_errors(read_dags: dict[str, Any]) -> None:
    assert {key: read_dags[key] for key in ("ids", "errors")} == {
        "ids": [
            "engine_retention",
            "engine_sweep",
            "migration_p1_database",
            "migration_p2_core",
            "migration_p4_advanced",
            "migration_rollback",
            "migration_rollout",
            "scheduled_sweep",
        ],
        "errors": {},
    }


def test_a_dry_run_needs_no_scheduler_and_writes_nothing(airflow_runtime: AirflowRuntime, dsn: str) -> None:
    create_sample(dsn, make_spec("A", "S", messy=False, seed=3))
    result = _result(airflow_runtime, DRY_RUN, **{CONNECTION_VARIABLE: airflow_connection(dsn)})
    assert isinstance(result, dict)
    assert result["state"] == "success"
    assert result["tasks"]["begin"] == "success"
    assert {result["tasks"][kind] for kind in ("preflight", "backfill", "finish")} == {"skipped"}
    with connect(dsn, application_name="test") as connection:
        assert connection.execute("SELECT to_regnamespace('atlas')").fetchone() == (None,)
    driver = {"dag_id": "migration_p1_database", "dag_run_id": result["run_id"]}
    (noted,) = airflow_runtime.paths.home.glob("reports/*/dag_runs.json")
    assert json.loads(noted.read_text()) == [driver], (
        "from the DAG run there is a way to the dry run's report"
    )
    note = json.loads((noted.parent / "run.json").read_text())
    assert (note["dry_run"], note["status"], note["exit_code"]) == (True, "succeeded", 0)
    assert sum(note["counts"].values()) > 0
    assert (noted.parent / "report.html").is_file()


def test_reading_the_dags_stays_light(read_dags: dict[str, Any]) -> None:
    assert set(read_dags["loaded"]) - set(read_dags["bare"]) <= {"psycopg"}


def test_without_a_database_the_first_task_says_so(airflow_runtime: AirflowRuntime) -> None:
    done = airflow_runtime.python(DRY_RUN)
    assert "No CRM database is named." in done.stdout + done.stderr
    assert "What next: Create the Airflow Connection atlas_crm" in done.stdout + done.stderr
