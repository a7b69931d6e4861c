"""Airflow for tests: a home of its own before anything imports it, and a migrated metadata database on demand."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow_process import AirflowRuntime

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.airflow_environment import airflow_environment
from atlas_workflows.supervision.airflow_programs import airflow_program
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.secret_files import ensure_secrets

# Airflow writes into its home when it is imported; that must never be the developer's.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="atlas-test-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


@pytest.fixture(scope="session")
def airflow_runtime(pg_server: EmbeddedServer) -> Iterator[AirflowRuntime]:
    """Airflow over the test server's PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="atlas-test-airflow-") as folder:
        paths = StackPaths(Path(folder), ROOT)
        paths.make()
        metadata = pg_server.create_database("airflow_metadata")
        env = airflow_environment(
            paths, ensure_secrets(paths.secrets), metadata_dsn=metadata, port=1, crm_dsn=None
        )
        subprocess.run([airflow_program(), "db", "migrate"], env=env, check=True, capture_output=True)
        yield AirflowRuntime(paths, env)
    pg_server.drop_database("airflow_metadata")
