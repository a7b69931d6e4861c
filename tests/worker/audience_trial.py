"""An audience enrolled and executed by processes that are killed and started again; used by the trial here and by the soak."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from audience_process import DUE
from test_recurring_start import ADA, DAILY
from workflows import line, setting
from world import ONE, publish

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.graph.model import Edge, Trigger, Workflow
from atlas_workflows.recurring.audience.run import Asking
from atlas_workflows.recurring.audience.saved import save_audience
from crm_world import build_crm

HERE = Path(__file__).parent
PATIENCE = 300.0
EVERYBODY = {
    "of": "leads",
    "where": {"field": "email", "operator": "ends_with", "value": "@example.com"},
    "everybody": True,
}
FINDS = """
SELECT count(*), count(DISTINCT m.subject), count(*) FILTER (WHERE x.status = 'completed')
FROM atlas.audience_members AS m JOIN atlas.workflow_executions AS x ON x.id = m.execution_id AND x.subject = m.subject
"""


def fill(dsn: str, people: int) -> str:
    """So many leads, and a workflow of three steps without outside effects that is about all of them; its id."""
    with build_crm(dsn) as crm:
        crm.execute(
            "INSERT INTO leads (org_id, first_name, last_name, email, phone, tags, score, metadata) "
            "SELECT %s, 'P' || n, 'Smith', n || '@example.com', '+4477' || n, '{vip,shop}', n %% 100, '{\"goal\": \"10k\"}' "
            "FROM generate_series(1, %s) AS n",
            [ONE, people - 1],
        )
        crm.execute("ANALYZE leads")
    made = line("crowd", setting("a"), setting("b"), setting("c"))
    nine = Trigger("nine", "schedule", {"schedule": DAILY, "audience": "crowd"})
    flow = Workflow("crowd", "crowd", made.nodes, (*made.edges, Edge("s", "nine", "a")), (*made.triggers, nine), settings=made.settings)  # fmt: skip
    with connect(dsn, application_name="test", autocommit=True) as connection:
        save_audience(connection, ONE, "crowd", EVERYBODY, ADA, DUE)
        return publish(connection, flow)


@dataclass(slots=True)
class Tasks:
    """Processes by what they do; a killed one is started again, as Airflow retries a task."""

    dsn: str
    workflow: str
    page: int
    kills: int = 0
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, task: str) -> None:
        path = os.pathsep.join(
            [str(HERE), str(HERE.parent), str(HERE.parent / "engine"), os.environ.get("PYTHONPATH", "")]
        )
        command = [
            sys.executable,
            str(HERE / "audience_process.py"),
            self.dsn,
            task,
            self.workflow,
            str(self.page),
        ]
        self.running.append(
            subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE)
        )

    def kill_one(self, task: str) -> None:
        process = self.running.pop(random.randrange(len(self.running)))
        process.kill()
        process.communicate()
        self.kills += 1
        self.start(task)

    def finish(self) -> list[float]:
        """Until each has ended by itself; how many seconds each was at work."""
        found = []
        for process in self.running:
            said, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
            found.append(json.loads(said.splitlines()[-1])["seconds"])
        self.running.clear()
        return found

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.communicate()


@contextmanager
def tasks_on(dsn: str, people: int, page: int = 1000) -> Iterator[Tasks]:
    """Tasks for that many people in a database that has schema atlas."""
    tasks = Tasks(dsn, fill(dsn, people), page)
    try:
        yield tasks
    finally:
        tasks.end()


def enrol_and_execute(tasks: Tasks, watch: Connection, kills: int, people: int) -> None:
    """Both parts with so many kills each, spread over the work."""
    enrolled = lambda: _one(watch, "SELECT coalesce(sum(matched), 0) FROM atlas.audience_runs")  # noqa: E731
    ended = lambda: _one(watch, "SELECT count(*) FROM atlas.workflow_executions WHERE status = 'completed'")  # noqa: E731
    tasks.start("enrol")
    for kill in range(1, kills + 1):
        if _reaches(enrolled, people * kill // (kills + 1), tasks):
            tasks.kill_one("enrol")
    tasks.finish()
    for _ in range(2):
        tasks.start("execute")
    for kill in range(1, kills + 1):
        if _reaches(ended, people * kill // (kills + 1), tasks):
            tasks.kill_one("execute")
    tasks.finish()


def assert_everybody_once(watch: Connection, people: int) -> None:
    """Found, enrolled, executed to the end and recorded exactly once."""
    # Without statistics the join of tables this large is a loop in a loop that takes many minutes.
    watch.execute("ANALYZE atlas.audience_members, atlas.workflow_executions")
    assert watch.execute(FINDS).fetchall() == [(people, people, people)]
    for table in ("enrolments", "workflow_executions"):
        assert _one(watch, f"SELECT count(*) FROM atlas.{table}") == people, table
    twice = "SELECT 1 FROM atlas.workflow_execution_steps GROUP BY step_key, retry_count HAVING count(*) > 1"
    assert watch.execute(twice).fetchall() == []
    assert _one(watch, "SELECT count(*) FROM atlas.workflow_execution_queue") == 0


def asking(tasks: Tasks) -> Asking:
    """The run that they work on."""
    return Asking(ONE, tasks.workflow, "nine", "2026-06-10T09:00:00Z")


def _reaches(count: Callable[[], int], wanted: int, tasks: Tasks) -> bool:
    """Whether the work comes so far while somebody is at it."""
    deadline = time.monotonic() + PATIENCE
    while count() < wanted:
        if all(process.poll() is not None for process in tasks.running):
            return False
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return any(process.poll() is None for process in tasks.running)


def _one(connection: Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchall()[0][0])
