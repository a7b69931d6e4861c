"""A clone of this checkout in somebody's home of mode 0700, with an environment of its own that costs no download.

The environment's files are the checkout's own, as hard links where the file system has them; only what names the old
place is written anew, the way uv writes it. So nobody reads anything outside of the home but the system's Python.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from atlas_workflows.db.readable_binaries import is_runnable
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.airflow_client import AirflowClient
from atlas_workflows.supervision.paths import StackPaths

CLONE = "Zoë's gym Łódź"

LEFT_OUT = shutil.ignore_patterns(".git", ".atlas", ".*_cache", ".hypothesis", "__pycache__", "tests", "docs")
# Bytecode that another test is writing at this moment: it has its own name in a moment.
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose home it is; `uid` None means ourselves."""

    name: str
    uid: int | None = None
    gid: int | None = None


OURSELVES = Account("root" if os.geteuid() == 0 else "an ordinary user")


def python_for(account: Account) -> Path:
    """A Python as ours that the account may run; ours may lie in a closed home itself."""
    ours = (Path(sys.prefix) / "bin" / "python").resolve()
    for python in (ours, Path("/usr/local/bin") / PYTHON, Path("/usr/bin") / PYTHON):
        if python.exists() and (account.uid is None or is_runnable(python.resolve())):
            return python
    pytest.skip(f"no {PYTHON} here that {account.name} may run")


@dataclass(frozen=True, slots=True)
class ClosedClone:
    """The clone, and commands given in it as its owner."""

    root: Path
    account: Account
    python: Path
    env: dict[str, str] = field(repr=False)

    @property
    def paths(self) -> StackPaths:
        return StackPaths(self.root / ".atlas", self.root)

    def atlas(self, *words: str, seconds: float = 280) -> subprocess.CompletedProcess[str]:
        """`./atlas …` with nothing of our own environment."""
        return subprocess.run(
            [self.python, "./atlas", *words],
            cwd=self.root, env=self.env, text=True, capture_output=True, timeout=seconds, umask=0o077,
            user=self.account.uid, group=self.account.gid, extra_groups=None if self.account.uid is None else [],
        )  # fmt: skip


def comes_up(clone: ClosedClone) -> dict[str, Any]:
    """`./atlas up` there, until Airflow answers its administrator and knows the DAGs; returns what `status` says."""
    up = clone.atlas("up")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "Stack   ready" in up.stdout
    assert "making the environment" not in up.stderr
    status: dict[str, Any] = json.loads(clone.atlas("status", "--json").stdout)
    assert status["stage"] == "ready"
    assert Path(status["passwords_file"]).is_relative_to(clone.root)
    passwords = json.loads(Path(status["passwords_file"]).read_text())
    AirflowClient(status["url"], "admin", passwords["admin"]).wait_for_dag("migration_p1_database")
    return status


def make_closed_clone(home: Path, name: str, account: Account, python: Path) -> ClosedClone:
    """`home` becomes the account's, mode 0700; the clone lies in its folder `name`."""
    root = home / name
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    _move_environment(Path(sys.prefix), root, python)
    if account.uid is not None and account.gid is not None:
        _give_folders(home, account.uid, account.gid)
    home.chmod(0o700)
    env = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
    return ClosedClone(root, account, python, env)


def _move_environment(old: Path, root: Path, python: Path) -> None:
    venv = root / ".atlas" / "venv"
    shutil.copytree(old, venv, symlinks=True, copy_function=_link, ignore=HALF_WRITTEN)
    for file in (venv / "bin").iterdir():
        if file.is_file() and not file.is_symlink():
            _rewrite_start(file, old, venv)
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to(python)
    _replace(venv / "pyvenv.cfg", f"home = {python.parent}\ninclude-system-site-packages = false\n")
    (editable,) = venv.glob("lib/python*/site-packages/_editable_impl_atlas_workflows.pth")
    _replace(editable, f"{root / 'src'}\n")
    lock = hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    _replace(venv / ".atlas-stamp", f"{lock} dev {root}")


def _rewrite_start(script: Path, old: Path, venv: Path) -> None:
    text = script.read_text(errors="surrogateescape")
    for start in _starts(old):
        if text.startswith(start):
            _replace(script, _starts(venv)[1] + text.removeprefix(start))


def _starts(venv: Path) -> tuple[str, str]:
    """How uv lets a script begin: a shebang holds no blank, so there it is a shell's line that Python takes for a string."""
    python = venv / "bin" / "python"
    quoted = str(python).replace("'", "'\"'\"'")
    return f"#!{python}\n", f"#!/bin/sh\n'''exec' '{quoted}' \"$0\" \"$@\"\n' '''\n"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _replace(file: Path, text: str) -> None:
    """A file of its own: writing into the link would change the checkout's environment."""
    mode = file.stat().st_mode if file.exists() else 0o644
    file.unlink(missing_ok=True)
    file.write_text(text, errors="surrogateescape")
    file.chmod(mode)


def _give_folders(home: Path, uid: int, gid: int) -> None:
    """Folders only: the files are the checkout's own as well."""
    for folder, _, _ in os.walk(home):
        os.chown(folder, uid, gid)
