"""The four Airflow processes of the local stack, and the preparation of Airflow's own database."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg

from atlas_workflows.db.rows import relation_exists
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import StackError
from atlas_workflows.file_modes import open_log
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import Program

METADATA_DATABASE = "airflow"
API_SERVER = "api-server"
# Task logs are read from the shared folder, so nobody needs to serve them on a port of its own.
ARGUMENTS = {
    API_SERVER: (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}


def airflow_program() -> str:
    """The `airflow` of the environment we run in."""
    return str(Path(sys.executable).with_name("airflow"))


def airflow_programs(paths: StackPaths, env: dict[str, str], port: int) -> tuple[Program, ...]:
    """What to start, in this order."""
    return tuple(
        Program(
            name=name,
            argv=(airflow_program(), name, *arguments),
            env=env,
            log=paths.log_of(name),
            port=port if name == API_SERVER else None,
        )
        for name, arguments in ARGUMENTS.items()
    )


def prepare_metadata(server: EmbeddedServer, paths: StackPaths, env: dict[str, str]) -> None:
    """Create and migrate Airflow's database; skipped (5 s saved) when this Airflow version has done it before."""
    stamp = paths.airflow / "migrated-by"
    if not server.has_database(METADATA_DATABASE):
        server.create_database(METADATA_DATABASE)
    elif stamp.is_file() and stamp.read_text() == version("apache-airflow") and _is_migrated(server):
        return
    log = paths.log_of("migrate")
    with open_log(log) as output:
        done = subprocess.run(
            [airflow_program(), "db", "migrate"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    if done.returncode != 0:
        raise StackError("Airflow's own database could not be prepared.", remedy=f"Read {log}.")
    stamp.write_text(version("apache-airflow"))


def _is_migrated(server: EmbeddedServer) -> bool:
    with psycopg.connect(server.dsn(METADATA_DATABASE)) as connection:
        return relation_exists(connection, "public.alembic_version")
