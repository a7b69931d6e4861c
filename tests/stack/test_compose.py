"""docker-compose.yaml: valid, complete; the engine's worker works as a local process (test_celery.py has the others)."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from compose_services import (
    AIRFLOW_SERVICES,
    Here,
    compose_document,
    eventually,
    interpolated,
    made_variables,
    running,
    services_here,
)
from jsonschema import Draft7Validator

from atlas_workflows.db.ports import free_port
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.settings import KNOWN, ROOT


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
    assert set(services) == {"postgres", "redis", "engine-worker", "api", *AIRFLOW_SERVICES}
    for name in AIRFLOW_SERVICES:
        assert services[name]["image"] == "atlas-workflows"
        assert services[name]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
        assert services[name]["volumes"] == ["atlas-home:/opt/atlas-home"]


def test_what_says_how_the_api_is_served_reaches_it() -> None:
    """Alone, and in Airflow's web server, where no webhooks are taken."""
    environments = {
        name: compose_document()["services"][name]["environment"] for name in ("api", "api-server")
    }
    both = {name for name in KNOWN if name.startswith("ATLAS_JWT_")} | {"ATLAS_API_PER_MINUTE"}
    for name in both | {"ATLAS_PUBLIC_URL", "ATLAS_TRUSTED_PROXIES"}:
        assert environments["api"][name] == f"${{{name}:-}}"
    for name in both:
        assert environments["api-server"][name] == f"${{{name}:-}}"


def test_the_engine_s_worker_waits_works_and_is_drained(here: Here, dsn: str) -> None:
    program = here.program("engine-worker")
    assert "AIRFLOW__CORE__EXECUTOR" not in program.env
    port = free_port()
    local = {"ATLAS_CRM_DSN": dsn, "ATLAS_METRICS_ADDRESS": "127.0.0.1", "ATLAS_METRICS_PORT": str(port)}
    with ExitStack() as stack:
        process = running(stack, replace(program, env=program.env | local))
        eventually(lambda: "run phase 1" in program.log.read_text(), 60, "waiting", here.home / "logs")
        upgrade(dsn)
        eventually(lambda: "worker starts" in program.log.read_text(), 60, "the start", here.home / "logs")
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"atlas_database_reachable 1.0" in answer.read()
        process.terminate()
        assert process.wait(60) == 0
    assert "worker ends" in program.log.read_text()


def test_the_api_says_what_it_lacks_and_answers_once_that_is_there(here: Here, dsn: str) -> None:
    program, port = here.program("api"), free_port()
    argv = (*program.argv[:-1], str(port))
    with ExitStack() as stack:
        process = running(stack, replace(program, argv=argv, env=program.env | {"ATLAS_CRM_DSN": dsn}))
        address = f"http://127.0.0.1:{port}/health"
        eventually(lambda: _status(address) == 503, 60, "an answer", here.home / "logs")
        upgrade(dsn)
        eventually(lambda: _status(address) == 200, 60, "the schema", here.home / "logs")
        process.terminate()
        assert process.wait(60) == 0


def _status(address: str) -> int:
    try:
        with urlopen(address) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code
    except URLError:
        return 0


def test_without_a_crm_the_engine_s_worker_says_so_and_ends_when_told(here: Here) -> None:
    program = here.program("engine-worker")
    environment = {name: text for name, text in program.env.items() if name != "ATLAS_CRM_DSN"}
    with ExitStack() as stack:
        process = running(stack, replace(program, env=environment))
        eventually(lambda: "waits to be given" in program.log.read_text(), 60, "the word", here.home / "logs")
        process.terminate()
        assert process.wait(60) == 0


def test_the_image_copies_what_exists() -> None:
    words = [
        line.split() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")
    ]
    sources = [word for line in words for word in line[1:-1]]
    assert set(sources) >= {"requirements.txt", "src", "dags", "plugins", "include", "expectations"}
    assert all((ROOT / source).exists() for source in sources)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(sources) <= kept


@pytest.fixture
def here(pg_server: EmbeddedServer) -> Iterator[Here]:
    with services_here(pg_server) as found:
        yield found
