"""What the demo does in Airflow, as DevOps would: trigger a phase's DAG, watch its tasks, say yes where it asks, read how it ended."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live

from atlas_workflows.cli.demo_view import progress_table
from atlas_workflows.migration.phase import Phase
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.patience import Patience

POLL_SECONDS = 1.0
APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Finished:
    """How the DAG run ended; `exit_code` as of `atlas migrate run`."""

    phase_run_id: str | None
    exit_code: int
    problem: str | None = None

    @property
    def went_well(self) -> bool:
        """Quarantined rows are no failure: they are kept, and said."""
        return self.exit_code in (0, 3)


def run_phase_dag(client: AirflowClient, phase: Phase, conf: Mapping[str, Any], console: Console) -> Finished:
    """Trigger the DAG of a phase and stay with it to its end."""
    client.wait_for_dag(phase.dag_id)
    client.unpause(phase.dag_id)
    dag_run = client.trigger(phase.dag_id, dict(conf))
    console.print(f"Triggered {phase.dag_id}, run {dag_run}.", highlight=False)
    person = _Person(client, phase.dag_id, dag_run, console) if conf.get("require_approval") else None
    with Live(console=console, refresh_per_second=2, transient=False) as live:
        while True:
            state = client.run_state(phase.dag_id, dag_run)
            live.update(progress_table(client, phase, dag_run))
            if state in FINAL_STATES:
                break
            if person is not None:
                person.look(time.monotonic())
            time.sleep(POLL_SECONDS)
    return _finished(client, phase, dag_run)


@dataclass(slots=True)
class _Person:
    """Says yes once the question has been there for as long as a person takes."""

    client: AirflowClient
    dag_id: str
    dag_run: str
    console: Console
    patience: Patience = field(default_factory=Patience)

    def look(self, now: float) -> None:
        is_asked = self.client.asks(self.dag_id, self.dag_run, APPROVE)
        if self.patience.is_over(is_asked=is_asked, now=now):
            self.client.answer(self.dag_id, self.dag_run, APPROVE, "Approve", "the demo goes on by itself")
            self.console.print("The demo approved it, logged in as admin.", highlight=False)


def _finished(client: AirflowClient, phase: Phase, dag_run: str) -> Finished:
    phase_run = client.xcom(phase.dag_id, dag_run, "begin", "phase_run_id")
    closing = client.xcom(phase.dag_id, dag_run, "close")
    failed = [task.task_id for task in client.tasks(phase.dag_id, dag_run) if task.state == "failed"]
    said = closing if isinstance(closing, dict) else {}
    if failed or client.run_state(phase.dag_id, dag_run) != "success":
        problem = (
            said.get("problem") or f"Task {', '.join(failed) or '?'} failed; its log in Airflow says why."
        )
        return Finished(phase_run, int(said.get("exit_code") or 1) or 1, problem)
    return Finished(phase_run, int(said.get("exit_code", 1)))
