"""Airflow's own scheduler under a stepped clock: 300 specs in five zones over both clock changes, no duplicate and no gap.

And 200 readings under different hash seeds are one DAG version. A sample of each lies in tests/orchestration.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.snapshot import Snapshot
from atlas_workflows.settings import ROOT

HERE = ROOT / "tests" / "orchestration"
sys.path.append(str(HERE))

from recurring_specs import AHEAD, SCHEDULER, SPECS, ZONES, AirflowRuntime, airflow_over, specs  # noqa: E402

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.skipif(os.environ.get("ATLAS_SOAK") != "1", reason="ATLAS_SOAK=1 takes the trials in full"),
]
READINGS = 200


@pytest.fixture(scope="module")
def runtime(pg_server: EmbeddedServer) -> Iterator[AirflowRuntime]:
    with airflow_over(pg_server, "airflow_stepped") as found:
        yield found


def test_the_scheduler_makes_what_was_said(runtime: AirflowRuntime) -> None:
    done = runtime.python(SCHEDULER, str(SPECS), seconds=7_200)
    result = json.loads(done.stdout.rpartition("RESULT ")[2])
    assert result == {"runs": SPECS * len(ZONES) * 2 * AHEAD, "differ": []}


def test_every_reading_is_the_same_dag_version(runtime: AirflowRuntime, tmp_path: Path) -> None:
    first = Entry("o", "Gym", "w", "News", 1, "nine", datetime(2026, 1, 1, tzinfo=UTC).isoformat(), {})
    entries = [
        replace(first, workflow=f"w{number}", schedule={**spec, "timezone": "Europe/London"})
        for number, spec in enumerate(specs(20))
    ]
    file = tmp_path / "scheduled_workflows.py"
    file.with_suffix(".json").write_text(Snapshot(tuple(entries)).text())
    answers = {
        runtime.python(str(HERE / "dag_versions.py"), str(file), PYTHONHASHSEED=str(seed)).stdout.partition("recurring.")[2]
        for seed in range(READINGS)
    }  # fmt: skip
    assert len(answers) == 1
    assert answers.pop().count("recurring.") == len(entries) - 1
