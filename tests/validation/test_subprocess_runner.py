"""A suite in a process of its own: the same results, nothing left of the library here, a killed process said so."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from atlas_workflows.errors import PhaseError
from atlas_workflows.settings import load_settings
from atlas_workflows.validation.data import Frames
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.subprocess_runner import run_in_subprocess
from atlas_workflows.validation.suites import load_suite

PROGRAM = """
import sys, pandas
from pathlib import Path
from typing import Any
from atlas_workflows.settings import load_settings
from atlas_workflows.validation.subprocess_runner import run_in_subprocess
from atlas_workflows.validation.data import Frames
from atlas_workflows.validation.suites import load_suite

if __name__ == "__main__":
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    assert run_in_subprocess(suite, Frames({"workflows": pandas.read_json(Path(sys.argv[1]))}))
    assert "great_expectations" not in sys.modules
else:
    sys.exit("the new process needs nothing of the main program, and in an Airflow task that cannot be imported")
"""

DAEMON = """
import multiprocessing, sys, pandas
from pathlib import Path
from typing import Any
from atlas_workflows.settings import load_settings
from atlas_workflows.validation.subprocess_runner import run_in_subprocess
from atlas_workflows.validation.data import Frames
from atlas_workflows.validation.suites import load_suite

def ask(path):
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    assert run_in_subprocess(suite, Frames({"workflows": pandas.read_json(Path(path))}))

if __name__ == "__main__":
    daemon = multiprocessing.Process(target=ask, args=(sys.argv[1],), daemon=True)
    daemon.start()
    daemon.join()
    sys.exit(daemon.exitcode)
"""

# A question that takes a minute to read; the asking process says who the other one is, and which it forked for it.
ASKING = """
import subprocess, threading, time, psutil
from atlas_workflows.settings import load_settings
from atlas_workflows.validation import subprocess_runner
from atlas_workflows.validation.suites import load_suite

class Slow:
    def __reduce__(self):
        return time.sleep, (60,)

def show(runner):
    while not (forks := runner.children()):
        time.sleep(0.05)
    print(runner.pid, forks[0].pid, flush=True)

class Shown(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        threading.Thread(target=show, args=(psutil.Process(self.pid),), daemon=True).start()

subprocess.Popen = Shown
subprocess_runner.run_in_subprocess(load_suite(load_settings({}).expectations, "p1_database_batch"), Slow())
"""


class Deadly:
    """Ends the process that receives it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)


def frame() -> Any:
    import pandas

    names = ("explained", "held_back", "has_format", "keeps_organization", "keeps_secrets")
    row = {"source_table": "workflows", "organization_id": "o", "outcome": "migrated"} | dict.fromkeys(
        names, True
    )
    return pandas.DataFrame([row | {"source_id": "1"}, row | {"source_id": "2", "has_format": False}])


def test_the_results_are_those_of_the_suite(tmp_path: Path) -> None:
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    data = Frames({"workflows": frame()})
    found = run_in_subprocess(suite, data, tmp_path / "apart")
    assert found == run_suite(suite, data, tmp_path / "here")
    assert [dict(key)["source_id"] for result in found for key in result.keys] == ["2"]
    assert list((tmp_path / "apart").rglob("index.html"))


def test_the_library_stays_out_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "rows.json").write_text(frame().to_json())
    assert ends_well(tmp_path)


def test_a_killed_process_is_said_and_the_next_suite_runs(tmp_path: Path) -> None:
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    with pytest.raises(PhaseError, match="p1_database_batch was killed"):
        run_in_subprocess(suite, Frames({"workflows": Deadly()}))
    (runner,) = runners()
    assert run_in_subprocess(suite, Frames({"workflows": frame()}), tmp_path)
    assert runners() == [runner]


def test_a_runner_that_is_gone_is_replaced() -> None:
    """As after a pause in which nothing was asked."""
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    data = Frames({"workflows": frame()})
    expected = run_in_subprocess(suite, data)
    (runner,) = runners()
    runner.kill()
    runner.wait(10)
    assert run_in_subprocess(suite, data) == expected
    assert runner not in runners()


def test_a_fork_of_the_asking_process_has_a_runner_of_its_own() -> None:
    suite = load_suite(load_settings({}).expectations, "p1_database_batch")
    data = Frames({"workflows": frame()})
    expected = run_in_subprocess(suite, data)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if run_in_subprocess(suite, data) == expected else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert run_in_subprocess(suite, data) == expected


def ends_well(folder: Path) -> bool:
    """Whether the program in a folder, which asserts things itself, ends without an error."""
    command = [sys.executable, "program.py", "rows.json"]
    return subprocess.run(command, cwd=folder, timeout=300).returncode == 0


def runners() -> list[psutil.Process]:
    ours = psutil.Process().children()
    return [child for child in ours if "subprocess_runner" in " ".join(child.cmdline())]


def test_it_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(ASKING)
    asking = subprocess.Popen([sys.executable, "program.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    children = [psutil.Process(int(pid)) for pid in asking.stdout.readline().split()]
    assert len(children) == 2
    asking.kill()
    asking.wait(10)
    assert psutil.wait_procs(children, timeout=60)[1] == []


def test_a_daemon_may_ask(tmp_path: Path) -> None:
    """As a Celery worker's processes are: multiprocessing lets those have no children."""
    (tmp_path / "program.py").write_text(DAEMON)
    (tmp_path / "rows.json").write_text(frame().to_json())
    assert ends_well(tmp_path)
