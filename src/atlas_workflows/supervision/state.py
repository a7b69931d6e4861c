"""What the supervisor tells others: state.json, replaced as a whole at every change."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STARTING, READY, FAILED, STOPPING = "starting", "ready", "failed", "stopping"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One watched process. `created` is its start in seconds since the epoch, which tells a reused pid apart."""

    name: str
    pid: int | None
    created: float | None
    restarts: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack. `crm` is the database's address without its password, or None; `workers_off` why there are none.

    `metrics_ports` are the workers', in their order; `mail_port` is the mail sink's, where the CRM is a sample; `api_port` the
    HTTP API's, where there is a CRM.
    """

    stage: str
    doing: str
    supervisor_pid: int
    airflow_port: int | None = None
    postgres_port: int | None = None
    crm: str | None = None
    problem: str | None = None
    workers_off: str | None = None
    metrics_ports: tuple[int, ...] = ()
    mail_port: int | None = None
    api_port: int | None = None
    processes: tuple[ProcessState, ...] = ()

    @property
    def url(self) -> str | None:
        return f"http://127.0.0.1:{self.airflow_port}" if self.airflow_port else None

    @property
    def api_url(self) -> str | None:
        return f"http://127.0.0.1:{self.api_port}" if self.api_port else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"url": self.url, "api_url": self.api_url}


def write_state(file: Path, state: StackState) -> None:
    """Write and rename, so that a reader never sees half a file."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(state.to_json(), indent=1))
    fresh.replace(file)


def read_state(file: Path) -> StackState | None:
    """The state last written, or None where there is none that can be read."""
    try:
        document = json.loads(file.read_text())
        document.pop("url", None)
        document.pop("api_url", None)
        processes = tuple(ProcessState(**item) for item in document.pop("processes", ()))
        ports = tuple(document.pop("metrics_ports", ()))
        return StackState(**document, processes=processes, metrics_ports=ports)
    except (OSError, ValueError, TypeError):
        return None
