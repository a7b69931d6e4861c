"""Reads docker-compose.yaml the way compose does, and turns a service into a local process of this machine."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.processes import Program

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
