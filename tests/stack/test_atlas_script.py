"""`./atlas` itself: one clear message for each thing that can be in the way, and nothing done twice."""

import os
import stat
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from atlas_workflows.settings import ROOT

SCRIPT = str(ROOT / "atlas")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module; its `main` does not run."""
    loader = SourceFileLoader("atlas_script", SCRIPT)
    module = ModuleType(loader.name)
    module.__file__ = SCRIPT
    exec(compile(Path(SCRIPT).read_text(), SCRIPT, "exec"), module.__dict__)
    return module


@pytest.mark.parametrize(
    ("output", "fact", "remedy"),
    [
        ("error: No space left on device (os error 28)", "The disk is full", "Free about 2 GB"),
        ("dns error: failed to lookup address", "registry cannot be reached", "UV_INDEX_URL"),
        ("ERROR: No matching distribution found for uv", "registry cannot be reached", "network or proxy"),
        ("ensurepip is not available", "no venv and pip", "python3-venv"),
        ("[Errno 13] Permission denied: '/x'", "No permission to write", "ATLAS_HOME"),
        ("something else broke", "something else broke", "run the same command again"),
    ],
)
def test_complaints_become_one_message(
    script: ModuleType, capsys: pytest.CaptureFixture[str], output: str, fact: str, remedy: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        script.explain(output, "installing")
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert fact in said.splitlines()[0]
    assert remedy in said.splitlines()[1]


def test_an_old_python_is_told_so() -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 8, 1, 'final', 0); sys.argv = ['atlas']; "
        f"runpy.run_path({SCRIPT!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": "/nonexistent"}, text=True, capture_output=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error Python 3.8.1 cannot run this; it needs 3.11, 3.12 or 3.13.\n"
        "What next Install python3.11 or newer and repeat.\n"
    )


def test_the_syntax_is_old_enough_to_say_so() -> None:
    import ast

    assert ast.parse(Path(SCRIPT).read_text(), feature_version=(3, 7))


@pytest.mark.slow
def test_without_uv_and_network_it_says_what_next(tmp_path: Path) -> None:
    env = {
        "PATH": "/usr/bin:/bin",
        "ATLAS_HOME": str(tmp_path / "home"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
        "HOME": str(tmp_path),
    }
    done = subprocess.run([sys.executable, SCRIPT, "status"], env=env, text=True, capture_output=True)
    assert done.returncode == 1
    assert "Error The package registry cannot be reached while fetching uv." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"PATH": "/usr/bin:/bin", "ATLAS_HOME": str(tmp_path / "file" / "home")}
    done = subprocess.run([sys.executable, SCRIPT, "status"], env=env, text=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error ")
    assert "Traceback" not in done.stderr


def test_the_key_is_private_and_never_replaced(script: ModuleType, tmp_path: Path) -> None:
    script.HOME = tmp_path
    script.make_key()
    key = tmp_path / "secrets" / "fernet.key"
    first = key.read_text()
    script.make_key()
    assert key.read_text() == first
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(first.strip()) == 44


def test_development_packages_are_never_taken_away(script: ModuleType, tmp_path: Path) -> None:
    script.VENV = tmp_path
    assert " runtime " in script.wanted_stamp("demo")
    assert " dev " in script.wanted_stamp("test")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pytest").touch()
    assert " dev " in script.wanted_stamp("demo")


def test_it_is_executable_and_small() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert len(Path(SCRIPT).read_text().splitlines()) < 200
