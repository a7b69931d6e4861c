"""A configured Airflow in which tests run code of their own, each in a fresh process."""

import subprocess
import sys
from dataclasses import dataclass

from atlas_workflows.supervision.paths import StackPaths


@dataclass(frozen=True, slots=True)
class AirflowRuntime:
    """An environment in which `airflow …` works on a migrated database of its own."""

    paths: StackPaths
    env: dict[str, str]

    def python(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in a fresh process with Airflow configured."""
        return subprocess.run(
            [sys.executable, "-c", code],
            env=self.env | environment,
            text=True,
            capture_output=True,
            timeout=280,
        )
