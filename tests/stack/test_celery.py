"""Airflow's services of docker-compose.yaml on CeleryExecutor with a real Redis: two workers, one of them killed, and a phase.

The workers share no folder, as on two machines: what a task needs of the recurring workflows comes out of the CRM database.
"""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
import pytest
from compose_services import AIRFLOW_SERVICES, Here, eventually, running, services_here

from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.processes import Program, members

ORGANIZATION = UUID(int=1)
RECURRING = 5
AT_ONCE = 2  # tasks of a worker
PHASE = "migration_p1_database"
ENDED = "SELECT count(*) FROM dag_run WHERE dag_id LIKE 'recurring.%' AND state IN ('success', 'failed')"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'atlas.enrolments'::regclass"

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Cluster:
    """The services as they run, by name; `crm` holds a lock before which every start of an execution waits."""

    here: Here
    url: str
    processes: dict[str, subprocess.Popen[bytes]]
    crm: psycopg.Connection

    @property
    def logs(self) -> Path:
        return self.here.home / "logs"

    def asks(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(f"postgresql://{self.here.metadata}") as connection:
            return connection.execute(statement).fetchall()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        eventually(condition, 150, what, self.logs)

    def snapshots(self, name: str) -> set[str]:
        """The versions of the snapshot that a service has on its machine."""
        return {file.parent.name for file in _bundles(self.here, name).rglob("scheduled_workflows.json")}


@pytest.fixture(scope="module")
def cluster(pg_server: EmbeddedServer) -> Iterator[Cluster]:
    """All of it up, on a CRM in which recurring workflows are due and wait to be started."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on this machine (Debian: apt-get install redis-server); CI installs it")
    with ExitStack() as stack:
        here = stack.enter_context(services_here(pg_server))
        crm = stack.enter_context(_held_back(here.variables["ATLAS_CRM_DSN"]))
        redis = here.program("redis")
        # Only the port is not in the compose file: there every container has its own 6379.
        argv = (
            *redis.argv[:-1],
            redis.argv[-1].replace("redis-server -", f"redis-server - --port {here.redis_port}"),
        )
        running(stack, Program("redis", argv, redis.env, redis.log))
        prepared = here.program("init")
        done = subprocess.run(prepared.argv, env=prepared.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-1000:]
        programs = [_on_its_own_machine(here, name) for name in AIRFLOW_SERVICES[1:-1]]
        programs += [_worker(here, name) for name in ("one", "two")]
        found = {program.name: running(stack, program) for program in programs}
        url = f"http://127.0.0.1:{here.api_port}"
        eventually(lambda: airflow_health(url).is_good, 240, "health", here.home / "logs")
        yield Cluster(here, url, found, crm)
        for process in found.values():  # all at once: one after the other they take half a minute to end
            process.terminate()


def _held_back(dsn: str) -> psycopg.Connection:
    """Publishes the workflows, due in this second, and keeps whoever starts one of them waiting."""
    upgrade(dsn)
    connection = psycopg.connect(dsn)
    for number in range(RECURRING):
        _publish(connection, UUID(int=number + 100), datetime.now(UTC) + timedelta(seconds=1))
    connection.commit()
    connection.execute("LOCK TABLE atlas.enrolments IN SHARE MODE")
    return connection


def _publish(connection: psycopg.Connection, workflow: UUID, due: datetime) -> None:
    schedule = {"every": {"amount": 1, "unit": "days", "anchor": due.isoformat()}, "timezone": "UTC"}
    definition = {
        "format": "atlas.workflow/1", "name": "News", "nodes": [], "edges": [],
        "triggers": [{"id": "due", "type": "schedule", "parameters": {"schedule": schedule}}],
    }  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, owner, status, published_version) "
        "VALUES (%s, %s, 'News', 'atlas_enhanced', 'active', 1)", [workflow, ORGANIZATION],
    )  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
        "VALUES (%s, %s, 1, %s, 'x')", [workflow, ORGANIZATION, json.dumps(definition)],
    )  # fmt: skip


def _bundles(here: Here, name: str) -> Path:
    return here.home / "machines" / name / "bundles"


def _on_its_own_machine(here: Here, name: str, service: str | None = None) -> Program:
    """The service with folders that no other has; who was killed is missed after ten seconds."""
    program = here.program(service or name)
    own = {
        "AIRFLOW_HOME": str(_bundles(here, name).parent / "airflow"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(_bundles(here, name)),
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(AT_ONCE),
    }
    return replace(program, name=name, env=program.env | own, log=here.home / "logs" / f"{name}.log")


def _worker(here: Here, name: str) -> Program:
    program = _on_its_own_machine(here, name, "worker")
    # Two containers have two host names, and a port each for their logs.
    return replace(program, argv=(*program.argv, "--celery-hostname", f"{name}@%h", "--skip-serve-logs"))


def test_a_worker_is_killed_and_every_occurrence_starts_once(cluster: Cluster) -> None:
    held = 2 * AT_ONCE
    cluster.wait(lambda: _waiting(cluster) == held, f"{held} tasks at work on two workers")
    _kill(cluster.processes["two"])
    cluster.crm.rollback()
    cluster.wait(lambda: cluster.asks(ENDED) == [(RECURRING,)], "the end of all DAG runs")
    runs = cluster.asks("SELECT state, count(*) FROM dag_run WHERE dag_id LIKE 'recurring.%' GROUP BY 1")
    assert runs == [("success", RECURRING)]
    enrolled = cluster.crm.execute("SELECT workflow_id::text, anchor FROM atlas.enrolments").fetchall()
    assert len({workflow for workflow, _ in enrolled}) == len(enrolled) == RECURRING
    assert cluster.crm.execute("SELECT count(*) FROM atlas.workflow_executions").fetchone() == (RECURRING,)
    ((again,),) = cluster.asks(
        "SELECT count(*) FROM task_instance WHERE dag_id LIKE 'recurring.%' AND try_number > 1"
    )
    # The killed worker's tasks at least. On a busy machine one that lives may be missed for ten seconds too and is tried again
    # beside itself: whoever of the two comes second starts nothing, as was seen above.
    assert again >= AT_ONCE


def test_each_worker_had_the_snapshot_of_the_dag_runs_in_a_folder_of_its_own(cluster: Cluster) -> None:
    of_ours = "SELECT DISTINCT bundle_version FROM dag_run WHERE starts_with(dag_id, 'recurring.')"
    versions = {version for (version,) in cluster.asks(of_ours)}
    assert len(versions) == 1
    assert cluster.snapshots("one") == cluster.snapshots("two") == versions


def test_a_phase_runs_on_the_worker_that_is_left(cluster: Cluster) -> None:
    passwords = json.loads((cluster.here.home / "airflow-passwords.json").read_text())
    client = AirflowClient(cluster.url, "admin", passwords["admin"])
    client.wait_for_dag(PHASE)
    client.unpause(PHASE)
    run = client.trigger(PHASE, {"dry_run": True})
    cluster.wait(lambda: client.run_state(PHASE, run) in FINAL_STATES, "the end of the run")
    states = {task.task_id: task.state for task in client.tasks(PHASE, run)}
    assert states["begin"] == "success", client.log_text(PHASE, run, "begin")[-2000:]
    assert client.run_state(PHASE, run) == "success"
    assert "received" in (cluster.logs / "one.log").read_text()


def _waiting(cluster: Cluster) -> int:
    with psycopg.connect(cluster.here.variables["ATLAS_CRM_DSN"]) as connection:
        (row,) = connection.execute(WAITING).fetchall()
    return int(row[0])


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """All of it at once, as when a machine goes."""
    for process in members(worker.pid, psutil.Process(worker.pid).create_time()):
        process.send_signal(signal.SIGKILL)
