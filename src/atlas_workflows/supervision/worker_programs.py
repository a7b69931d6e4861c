"""The workers of the local stack and the HTTP API beside them: on which database, and what they wait for before they start."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port, port_is_free
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError
from atlas_workflows.interpreter import SAFE_PATH
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import Program

WORKER, API = "worker-", "api"
FIRST_METRICS_PORT = 9464
CONNECT_SECONDS = 2
# Calls to the outside that are under way are waited for; what is cut off then is for a person to decide.
DRAIN_SECONDS = 25.0
NO_SCHEMA = "waits for schema atlas: run phase 1, or atlas schema upgrade"
NO_DATABASE = "waits for the CRM database, which does not answer"
DROPPED_PREFIXES = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")


def workers_off(workers: int, crm_dsn: str | None) -> str | None:
    """Why no worker runs, in words; None where some do."""
    if workers == 0:
        return "off (ATLAS_WORKERS is 0)"
    if crm_dsn is None:
        return "off (no CRM database is named: --dsn or ATLAS_CRM_DSN)"
    return None


def metrics_ports(workers: int, remembered: Mapping[str, int]) -> tuple[int, ...]:
    """A free port for each worker's metrics, the one of last time where it still is."""
    chosen: list[int] = []
    for place in range(workers):
        preferred = remembered.get(f"metrics-{place + 1}", FIRST_METRICS_PORT + place)
        taken = preferred in chosen or not port_is_free(preferred)
        chosen.append(free_port() if taken else preferred)
    return tuple(chosen)


def worker_programs(
    paths: StackPaths,
    crm_dsn: str,
    ports: tuple[int, ...],
    inherited: Mapping[str, str] | None = None,
    *,
    smtp_url: str | None = None,
) -> tuple[Program, ...]:
    """One program for each port; with `smtp_url` they send there, whatever the environment says."""
    given = dict(os.environ if inherited is None else inherited)
    if smtp_url is not None:
        given["ATLAS_SMTP_URL"] = smtp_url
    return tuple(_worker(paths, crm_dsn, given, place, port) for place, port in enumerate(ports, 1))


def _worker(paths: StackPaths, crm_dsn: str, given: Mapping[str, str], place: int, port: int) -> Program:
    """It may wait for the schema for long, and another stack take the port meanwhile: then it has another one."""
    return Program(
        name=f"{WORKER}{place}",
        argv=(str(Path(sys.executable).with_name("atlas")), "worker"),
        env=_environment(paths, crm_dsn, given) | {"ATLAS_METRICS_PORT": str(port)},
        log=paths.log_of(f"{WORKER}{place}"),
        port=port,
        waits_for=partial(missing_for_workers, crm_dsn),
        grace=DRAIN_SECONDS,
        at_port=partial(_worker, paths, crm_dsn, given, place),
    )


def api_program(
    paths: StackPaths, crm_dsn: str, port: int, inherited: Mapping[str, str] | None = None
) -> Program:
    """The HTTP API; it answers also while the database is away, and says so. Of a taken port it moves to another one."""
    given = dict(os.environ if inherited is None else inherited)
    served_at = ("--port", str(port), "--host", "127.0.0.1")
    return Program(
        name=API,
        argv=(str(Path(sys.executable).with_name("atlas")), "serve", "--wait", *served_at),
        env=_environment(paths, crm_dsn, given),
        log=paths.log_of(API),
        port=port,
        grace=DRAIN_SECONDS,
        at_port=partial(api_program, paths, crm_dsn, inherited=given),
    )


def _environment(paths: StackPaths, crm_dsn: str, inherited: Mapping[str, str]) -> dict[str, str]:
    env = {name: value for name, value in inherited.items() if not name.startswith(DROPPED_PREFIXES)}
    return (
        env
        | SAFE_PATH
        | {
            "ATLAS_HOME": str(paths.home),
            "ATLAS_ROOT": str(paths.root),
            "ATLAS_CRM_DSN": crm_dsn,
            "PYTHONTZPATH": "",
        }
    )


def missing_for_workers(crm_dsn: str) -> str | None:
    """What a worker cannot begin without yet, in words; None where nothing is missing."""
    try:
        with connect(
            crm_dsn, application_name="atlas-supervisor", autocommit=True, connect_timeout=CONNECT_SECONDS
        ) as connection:
            return None if scalar(connection, sql("engine/schema_is_there")) else NO_SCHEMA
    except (psycopg.Error, DatabaseError):
        return NO_DATABASE
