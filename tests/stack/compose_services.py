"""Reads docker-compose.yaml the way compose does, and turns a service into a local process of this machine."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from atlas_workflows.db.ports import free_port
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.processes import Program, created_at, end, start

AIRFLOW_SERVICES = ("init", "api-server", "scheduler", "dag-processor", "triggerer", "worker")
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def compose_document() -> dict[str, Any]:
    """The file as YAML, merges resolved, variables not."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
    return document


def made_variables() -> dict[str, str]:
    """What `python3 docker/make_env.py` prints."""
    done = subprocess.run(
        [sys.executable, "docker/make_env.py"], cwd=ROOT, text=True, capture_output=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    """`${NAME:?}` and `${NAME:-default}` replaced; a KeyError names a variable that is insisted on and not given."""

    def replace(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "$"
        if match["kind"] == "-":
            return variables.get(match["name"]) or match["rest"]
        return variables[match["name"]]

    if isinstance(value, str):
        return VARIABLE.sub(replace, value)
    if isinstance(value, dict):
        return {name: interpolated(item, variables) for name, item in value.items()}
    return [interpolated(item, variables) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Here:
    """What stands here in place of the containers' names: address (user:password@host:port/database), ports, folder."""

    metadata: str
    redis_port: int
    api_port: int
    home: Path
    variables: Mapping[str, str]

    def program(self, name: str) -> Program:
        """The service's own command and environment, with this machine's addresses."""
        service = interpolated(compose_document()["services"][name], self.variables)
        environment = {key: self._local(str(item)) for key, item in service.get("environment", {}).items()}
        command = [self._local(word) for word in service["command"]]
        if command[0] in ("airflow", "atlas"):
            command[0] = str(Path(sys.executable).with_name(command[0]))
        basis = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "AIRFLOW_HOME": str(self.home / "airflow"),
        }
        own = {"ATLAS_ROOT": str(ROOT), "ATLAS_HOME": str(self.home)}
        return Program(name, tuple(command), basis | own | environment, self.home / "logs" / f"{name}.log")

    def _local(self, text: str) -> str:
        database = f"airflow:{self.variables['POSTGRES_PASSWORD']}@postgres:5432/airflow"
        replacements = {
            database: self.metadata,
            "redis:6379": f"127.0.0.1:{self.redis_port}",
            "api-server:8080": f"127.0.0.1:{self.api_port}",
            "localhost:8080": f"127.0.0.1:{self.api_port}",
            "/opt/atlas-home": str(self.home),
            "/opt/atlas": str(ROOT),
        }
        for there, here in replacements.items():
            text = text.replace(there, here)
        return str(self.api_port) if text == "8080" else text


@contextmanager
def services_here(server: EmbeddedServer) -> Iterator[Here]:
    """The services on this machine: databases of their own, a sample CRM among them, free ports, an empty home."""
    database, crm = "compose_metadata", "compose_crm"
    metadata = server.create_database(database).removeprefix("postgresql://")
    address = server.create_database(crm)
    create_sample(address, make_spec("A", "S", messy=False, seed=1))
    with tempfile.TemporaryDirectory(prefix="atlas-compose-") as folder:
        variables = made_variables() | {"ATLAS_CRM_DSN": address}
        yield Here(metadata, free_port(), free_port(), Path(folder), variables)
    server.drop_database(database)
    server.drop_database(crm)


def running(stack: ExitStack, program: Program) -> subprocess.Popen[bytes]:
    """Start it; it ends with the stack."""
    process = start(program)
    began = created_at(process.pid) or time.time()

    def stop() -> None:
        end(process.pid, began, grace=8.0)
        process.wait()

    stack.callback(stop)
    return process


def eventually(condition: Callable[[], bool], seconds: float, what: str, logs: Path) -> None:
    """Wait for it; the ends of all logs where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            ends = {file.name: file.read_text(errors="replace")[-600:] for file in logs.glob("*.log")}
            pytest.fail(f"{what} did not happen within {seconds} s: {ends}")
        time.sleep(0.5)
