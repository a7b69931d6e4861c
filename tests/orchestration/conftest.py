"""Airflow for tests: a home of its own before anything imports it, and a migrated metadata database on demand."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from airflow_process import AirflowRuntime, airflow_over

from atlas_workflows.db.server import EmbeddedServer

# Airflow writes into its home when it is imported; that must never be the developer's.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="atlas-test-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


@pytest.fixture(scope="session")
def airflow_runtime(pg_server: EmbeddedServer) -> Iterator[AirflowRuntime]:
    """Airflow over the test server's PostgreSQL."""
    with airflow_over(pg_server, "airflow_metadata") as found:
        yield found
