"""A configured Airflow in which tests run code of their own, each in a fresh process."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.airflow_environment import airflow_environment
from atlas_workflows.supervision.airflow_programs import airflow_program
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.secret_files import ensure_secrets


@dataclass(frozen=True, slots=True)
class AirflowRuntime:
    """An environment in which `airflow …` works on a migrated database of its own."""

    paths: StackPaths
    env: dict[str, str]

    def python(
        self, code: str, *words: str, seconds: float = 280, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python code in a fresh process with Airflow configured; a path ending in .py is a file with it."""
        is_file = code.endswith(".py")
        program = [code] if is_file else ["-c", code]
        # What Python finds by itself beside a file it no longer does: the environment is one with a safe path.
        beside = {"PYTHONPATH": str(Path(code).parent)} if is_file else {}
        return subprocess.run(
            [sys.executable, *program, *words],
            env=self.env | beside | environment,
            text=True,
            capture_output=True,
            timeout=seconds,
        )


@contextmanager
def airflow_over(server: EmbeddedServer, database: str) -> Iterator[AirflowRuntime]:
    """Airflow over a server's PostgreSQL, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="atlas-test-airflow-") as folder:
        paths = StackPaths(Path(folder), ROOT)
        paths.make()
        env = airflow_environment(
            paths, ensure_secrets(paths.secrets), metadata_dsn=server.create_database(database), port=1, crm_dsn=None
        )  # fmt: skip
        subprocess.run([airflow_program(), "db", "migrate"], env=env, check=True, capture_output=True)
        yield AirflowRuntime(paths, env)
    server.drop_database(database)
