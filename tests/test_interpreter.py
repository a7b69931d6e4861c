"""Python that we start imports nothing from the folder where somebody stands, and does not hear that person's Ctrl-C."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from atlas_workflows.interpreter import python, spawning
from atlas_workflows.settings import ROOT

PLANTED = ("atlas_workflows", "psycopg", "multiprocessing", "concurrent", "aiosmtpd", "json", "venv", "pip")
STARTS = re.compile(
    r"sys\.executable(?!\)\.with_name)|(?<!gx\.)get_context\(|multiprocessing\.(Process|Pool)\b|shell=True"
)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with packages that leave a trace when they are imported."""
    for name in PLANTED:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'a').write({name!r})"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return tmp_path


def test_what_lies_in_the_working_directory_is_not_imported(planted: Path) -> None:
    for words in (
        ("-m", "atlas_workflows.migration.pace.probe"),
        ("-c", "import atlas_workflows.interpreter, psycopg, json"),
        ("-m", "aiosmtpd", "--version"),
    ):
        subprocess.run(python(*words), input=b"", capture_output=True, timeout=60)
    with spawning() as spawn:
        process = spawn.Process(target=os.getpid)
        process.start()
    process.join(60)
    assert process.exitcode == 0
    assert not (planted / "imported").exists()
    assert "PYTHONSAFEPATH" not in os.environ, "scripts beside their modules are started too"
    # The trap works: without what is above it is sprung.
    subprocess.run([python()[0], "-c", "import json"], timeout=60)
    assert (planted / "imported").exists()


def test_what_is_spawned_does_not_hear_ctrl_c() -> None:
    with spawning() as spawn:
        process = spawn.Process(target=_raise_interrupt)
        process.start()
    process.join(60)
    assert process.exitcode == 0
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _raise_interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_nothing_of_ours_starts_a_python_by_itself() -> None:
    """One place knows how; `with_name` are programs of the environment, whose folder is in front and not where one stands."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in path.read_text().splitlines()
        if STARTS.search(line) and not line.lstrip().startswith("#")
    ]
    assert [line.partition(": ")[0] for line in found] == [
        "src/atlas_workflows/cli/check.py",  # a sentence for developers
        "src/atlas_workflows/cli/given_words.py",  # itself anew, by the words it was started with
        "src/atlas_workflows/interpreter.py",
        "src/atlas_workflows/interpreter.py",
    ], found
