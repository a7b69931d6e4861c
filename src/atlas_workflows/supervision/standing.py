"""Whether the stack can be worked with: Airflow, its PostgreSQL and the CRM, each asked at the time of the question."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import AtlasError
from atlas_workflows.supervision.crm import resolved_crm_dsn
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import created_at
from atlas_workflows.supervision.state import READY, ProcessState, StackState

CONNECT_SECONDS = 3
PAUSE_SECONDS = 0.5
POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is not ready, in sentences, and PostgreSQL as a process among the others; `crm_dsn` where the CRM answers."""

    missing: tuple[str, ...]
    postgres: ProcessState
    crm_dsn: str | None = field(default=None, repr=False)

    @property
    def is_good(self) -> bool:
        return not self.missing


def look(paths: StackPaths, state: StackState, patience: float = 0.0) -> Standing:
    """Ask each of them now; takes some seconds where one does not answer.

    Airflow and its PostgreSQL are asked again until they are well, for at most `patience` seconds: a busy machine lets those
    that are just up be slow to answer.
    """
    server = EmbeddedServer(paths.postgres)
    deadline = time.monotonic() + patience
    while True:
        server.port = server.running_port()
        postgres, airflow = _postgres(server), _airflow(state)
        if not (airflow or postgres.problem) or time.monotonic() >= deadline:
            break
        time.sleep(PAUSE_SECONDS)
    crm_dsn, away = _crm(paths, server)
    found = (*_stage(state), *airflow, postgres.problem, away)
    return Standing(tuple(reason for reason in found if reason), postgres, crm_dsn)


def _stage(state: StackState) -> tuple[str, ...]:
    return () if state.stage == READY else (f"the stack is {state.stage}",)


def _airflow(state: StackState) -> tuple[str, ...]:
    health = airflow_health(state.url or "")
    if not health.answers:
        return ("Airflow does not answer",)
    return tuple(f"Airflow's {part.replace('_', ' ')} is not well" for part in health.waiting_for)


def _postgres(server: EmbeddedServer) -> ProcessState:
    pid = _postmaster(server.data_dir)
    created = created_at(pid) if pid else None
    problem = None if server.port else "PostgreSQL does not answer"
    return ProcessState(POSTGRESQL, pid if created else None, created, problem=problem)


def _postmaster(data_dir: Path) -> int | None:
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    # While the directory is being made a single process has it, with its number negated.
    return pid if pid > 0 else None


def _crm(paths: StackPaths, server: EmbeddedServer) -> tuple[str | None, str | None]:
    """Its address where it answers, else why it does not; neither where none is named."""
    try:
        dsn = resolved_crm_dsn(paths, server)
        if dsn is not None:
            connect(dsn, application_name="atlas-status", connect_timeout=CONNECT_SECONDS).close()
    except AtlasError as error:
        return None, f"the CRM: {error.fact.rstrip('.')}"
    return dsn, None
