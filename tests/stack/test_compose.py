"""docker-compose.yaml: valid, complete, and every service's command works as a local process on a real Redis."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from compose_services import Here, compose_document, interpolated, made_variables
from jsonschema import Draft7Validator

from atlas_workflows.db.ports import free_port
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.processes import Program, created_at, end, start

AIRFLOW_SERVICES = ("init", "api-server", "scheduler", "dag-processor", "triggerer", "worker")


def test_it_fits_the_compose_schema() -> None:
    # compose_spec.json: the schema of the Compose Specification as kept in docker-compose 1.29.2 (Apache-2.0).
    schema = json.loads(Path(__file__).with_name("compose_spec.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(compose_document())] == []


def test_the_schema_does_find_mistakes() -> None:
    schema = json.loads(Path(__file__).with_name("compose_spec.json").read_text())
    broken = compose_document()
    broken["services"]["worker"]["comand"] = ["airflow"]
    assert not Draft7Validator(schema).is_valid(broken)


def test_the_printed_variables_are_all_it_asks_for() -> None:
    variables = made_variables()
    whole = interpolated(compose_document(), variables)
    assert "${" not in json.dumps(whole)
    assert made_variables() != variables


def test_every_airflow_service_shares_image_environment_and_home() -> None:
    services = compose_document()["services"]
    assert set(services) == {"postgres", "redis", "engine-worker", *AIRFLOW_SERVICES}
    for name in AIRFLOW_SERVICES:
        assert services[name]["image"] == "atlas-workflows"
        assert services[name]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
        assert services[name]["volumes"] == ["atlas-home:/opt/atlas-home"]


def test_the_engine_s_worker_waits_works_and_is_drained(here: Here, dsn: str) -> None:
    program = here.program("engine-worker")
    assert "AIRFLOW__CORE__EXECUTOR" not in program.env
    port = free_port()
    local = {"ATLAS_CRM_DSN": dsn, "ATLAS_METRICS_ADDRESS": "127.0.0.1", "ATLAS_METRICS_PORT": str(port)}
    with ExitStack() as stack:
        process = _running(stack, replace(program, env=program.env | local))
        _eventually(lambda: "run phase 1" in program.log.read_text(), 60, "waiting", here.home / "logs")
        upgrade(dsn)
        _eventually(lambda: "worker starts" in program.log.read_text(), 60, "the start", here.home / "logs")
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"atlas_database_reachable 1.0" in answer.read()
        process.terminate()
        assert process.wait(60) == 0
    assert "worker ends" in program.log.read_text()


def test_without_a_crm_the_engine_s_worker_says_so_and_ends_when_told(here: Here) -> None:
    program = here.program("engine-worker")
    environment = {name: text for name, text in program.env.items() if name != "ATLAS_CRM_DSN"}
    with ExitStack() as stack:
        process = _running(stack, replace(program, env=environment))
        _eventually(
            lambda: "waits to be given" in program.log.read_text(), 60, "the word", here.home / "logs"
        )
        process.terminate()
        assert process.wait(60) == 0


def test_the_image_copies_what_exists() -> None:
    words = [
        line.split() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")
    ]
    sources = [word for line in words for word in line[1:-1]]
    assert set(sources) >= {"requirements.txt", "src", "dags", "plugins", "include", "expectations"}
    assert all((ROOT / source).exists() for source in sources)


def _eventually(condition: Callable[[], bool], seconds: float, what: str, logs: Path) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            ends = {file.name: file.read_text(errors="replace")[-600:] for file in logs.glob("*.log")}
            pytest.fail(f"{what} did not happen within {seconds} s: {ends}")
        time.sleep(0.5)


def _running(stack: ExitStack, program: Program) -> subprocess.Popen[bytes]:
    process = start(program)
    began = created_at(process.pid) or time.time()

    def stop() -> None:
        end(process.pid, began, grace=8.0)
        process.wait()

    stack.callback(stop)
    return process


@pytest.fixture
def here(pg_server: EmbeddedServer) -> Iterator[Here]:
    database, crm = "compose_metadata", "compose_crm"
    metadata = pg_server.create_database(database).removeprefix("postgresql://")
    address = pg_server.create_database(crm)
    create_sample(address, make_spec("A", "S", messy=False, seed=1))
    with tempfile.TemporaryDirectory(prefix="atlas-compose-") as folder:
        variables = made_variables() | {"ATLAS_CRM_DSN": address}
        yield Here(metadata, free_port(), free_port(), Path(folder), variables)
    pg_server.drop_database(database)
    pg_server.drop_database(crm)


@pytest.mark.airflow
def test_the_services_run_a_phase_on_celery(here: Here) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on this machine (Debian: apt-get install redis-server); CI installs it")
    url = f"http://127.0.0.1:{here.api_port}"
    logs = here.home / "logs"
    redis = here.program("redis")
    with ExitStack() as stack:
        # Only the port is not in the compose file: there every container has its own 6379.
        _running(stack, Program("redis", (*redis.argv, "--port", str(here.redis_port)), redis.env, redis.log))
        prepared = here.program("init")
        done = subprocess.run(prepared.argv, env=prepared.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-1000:]
        for name in AIRFLOW_SERVICES[1:]:
            _running(stack, here.program(name))
        _eventually(lambda: airflow_health(url).is_good, 120, "health", logs)
        passwords = json.loads((here.home / "airflow-passwords.json").read_text())
        client = AirflowClient(url, "admin", passwords["admin"])
        client.wait_for_dag("migration_p1_database")
        client.unpause("migration_p1_database")
        run = client.trigger("migration_p1_database", {"dry_run": True})
        _eventually(
            lambda: client.run_state("migration_p1_database", run) in FINAL_STATES,
            150,
            "the end of the run",
            logs,
        )
        states = {task.task_id: task.state for task in client.tasks("migration_p1_database", run)}
        assert states["begin"] == "success", client.log_text("migration_p1_database", run, "begin")[-2000:]
        assert client.run_state("migration_p1_database", run) == "success"
        assert "received" in (logs / "worker.log").read_text()
