"""The marks of cost: given by what a test asks for, and held against what it really starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cost import Cost, cost_by_place, cost_of_command
from live_stack import is_live

TESTS = Path(__file__).parent
CASES = """
import subprocess, sys
import psycopg
import pytest

ADDRESS = {address!r}

@pytest.fixture
def pg_server():
    return "a server"

def test_adds(): assert 1 + 1 == 2
def test_asks_for_the_server(pg_server): psycopg.connect(ADDRESS).close()
def test_connects(): psycopg.connect(ADDRESS).close()
def test_is_refused():
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
def test_starts_a_program(): subprocess.run([sys.executable, "-c", "0"], check=True)
def test_starts_a_server(): subprocess.run(["env", "true", "/somewhere/initdb"])
@pytest.fixture
def connected(): psycopg.connect(ADDRESS).close()
def test_is_set_up_by_a_connection(connected): pass
@pytest.mark.airflow
def test_says_that_it_starts_airflow(): subprocess.run(["true", "airflow"])
def test_starts_airflow(pg_server): subprocess.run(["true", "airflow"])
"""
BEYOND = {"test_connects", "test_starts_a_server", "test_is_set_up_by_a_connection", "test_starts_airflow"}


def run_cases(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """pytest on tests of its own, with the plugin and nothing else of ours."""
    (folder / "test_cases.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "cost",
        "-p",
        "no:cacheprovider",
        "-rA",
        f"--rootdir={folder}",
    ]
    env = os.environ | {"PYTHONPATH": str(TESTS)}
    return subprocess.run(
        [*command, *words], cwd=folder, env=env, text=True, capture_output=True, timeout=120
    )


def ended(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Test name to PASSED, FAILED or ERROR."""
    lines = [line.split() for line in done.stdout.splitlines() if "test_cases.py::" in line]
    return {line[1].partition("::")[2]: line[0] for line in lines if line[0].isupper()}


def test_a_test_that_costs_more_than_it_says_fails(dsn: str, tmp_path: Path) -> None:
    outcomes = ended(run_cases(tmp_path, CASES.format(address=dsn)))
    assert {name for name, outcome in outcomes.items() if outcome != "PASSED"} == BEYOND, outcomes
    assert len(outcomes) == 9


def test_only_the_pure_ones_are_chosen(dsn: str, tmp_path: Path) -> None:
    chosen = set(ended(run_cases(tmp_path, CASES.format(address=dsn), "-m", "pure")))
    assert {"test_adds", "test_connects"} <= chosen
    assert not chosen & {
        "test_asks_for_the_server",
        "test_says_that_it_starts_airflow",
        "test_starts_airflow",
    }


def test_a_mark_by_hand_cannot_make_a_test_cheaper(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.fixture\ndef pg_server(): ...\n@pytest.mark.pure\ndef test_it(pg_server): ...\n"
    done = run_cases(tmp_path, text)
    assert done.returncode != 0
    assert "is marked `pure`, but it is `postgres`" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "cost"),
    [
        (["/x/bin/pg_ctl", "-D", "/data", "start"], Cost.POSTGRES),
        ([sys.executable, "-m", "atlas_workflows.supervision.daemon"], Cost.POSTGRES),
        (["/x/bin/airflow", "db", "migrate"], Cost.AIRFLOW),
        ([b"/usr/bin/chromium", "--headless"], Cost.BROWSER),
        ([Path("/x/bin/atlas"), "workflow", "validate", "airflow.json"], Cost.PURE),
    ],
)
def test_a_command_costs_what_its_dearest_program_does(words: list[object], cost: Cost) -> None:
    assert cost_of_command(words)[1] is cost


def test_whatever_imports_airflow_or_playwright_lies_where_it_is_not_imported_for_the_pure_ones() -> None:
    imports = re.compile(r"(import|from) (airflow|playwright|atlas_workflows\.orchestration)\b", re.ASCII)
    files = [file for file in TESTS.rglob("*.py") if file != Path(__file__)]
    heavy = [file for file in files if any(imports.match(line) for line in file.read_text().splitlines())]
    assert len(heavy) > 3
    assert [file for file in heavy if cost_by_place(file) < Cost.AIRFLOW] == []


def test_who_uses_the_live_stack_is_named_for_the_worker_that_runs_it() -> None:
    users = [file for file in TESTS.rglob("test_*.py") if "live_stack: LiveStack" in file.read_text()]
    assert len(users) > 3
    assert [file for file in users if not is_live(file)] == [Path(__file__)]
