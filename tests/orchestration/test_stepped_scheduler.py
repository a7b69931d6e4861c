"""What Airflow's own scheduler makes of schedules around clock changes is what was said; a sample of the trial in tests/soak."""

import json

from airflow_process import AirflowRuntime
from recurring_specs import AHEAD, SCHEDULER

SAMPLE = 12


def test_the_scheduler_makes_what_was_said(airflow_runtime: AirflowRuntime) -> None:
    done = airflow_runtime.python(SCHEDULER, str(SAMPLE), "Europe/London")
    assert "RESULT " in done.stdout, done.stdout[-1500:] + done.stderr[-1500:]
    result = json.loads(done.stdout.rpartition("RESULT ")[2])
    assert result == {"runs": SAMPLE * 2 * AHEAD, "differ": []}
