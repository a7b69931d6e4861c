"""What tasks need is imported once by the scheduler, and a task that is its fork imports nothing of ours any more."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from airflow_process import AirflowRuntime

from atlas_workflows.orchestration import warm_start

ROOM = Path(warm_start.__file__).parent
# Runs in the API server, which forks no tasks.
ELSEWHERE = {"pages.py"}
# What `airflow triggerer` and `airflow scheduler` do before anything else: each makes a Job. The latter then forks.
PROCESSES = """
import json, os, sys, threading
from airflow.jobs.job import Job
def ours(): return sorted(name for name in sys.modules if name.partition(".")[0] in ("atlas_workflows", "psycopg"))
def sockets(): return [file for file in os.scandir("/proc/self/fd") if "socket:" in os.readlink(file.path)]
found = []
for name in ("triggerer", "scheduler"):
    sys.argv = ["airflow", name]
    Job()
    found.append(ours())
print(json.dumps([*found, threading.active_count(), len(sockets())]))
"""


def imported_when_called() -> Iterator[str]:
    """Modules of ours that functions of the room import, by name."""
    for file in sorted(ROOM.glob("*.py")):
        if file.name in ELSEWHERE:
            continue
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                        "atlas_workflows."
                    ):
                        yield str(node.module)


def test_the_scheduler_alone_has_what_tasks_need_before_it_forks(airflow_runtime: AirflowRuntime) -> None:
    needed = set(imported_when_called())
    assert {"atlas_workflows.migration.recorded", "atlas_workflows.orchestration.connections"} <= needed
    done = airflow_runtime.python(PROCESSES)
    assert done.returncode == 0, done.stderr
    triggerer, scheduler, threads, sockets = json.loads(done.stdout.splitlines()[-1])
    assert {"psycopg", "atlas_workflows.migration.recorded"} & set(triggerer) == set(), "it forks no tasks"
    assert sorted(needed - set(scheduler)) == []
    assert (threads, sockets) == (1, 0), "a fork would share them"
