"""`atlas test`: the test suite, with a plain word about what could not be run here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from atlas_workflows.settings import load_settings

app = typer.Typer()

# A developer's stack is on, or a database is named, must not change what the tests see.
DROPPED_PREFIXES = ("ATLAS_", "AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH")
# They share no stack, so that whoever is idle takes over tests of the other's file.
PURE = ("-m", "pure and not slow", "--dist=worksteal")
NEEDED_PROGRAMS = {
    "chromium": "the browser suite (tests/browser) is NOT run: no Chromium (Debian: apt-get install chromium)",
    "redis-server": "the CeleryExecutor test is NOT run: no redis-server (Debian: apt-get install redis-server)",
}


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(
    context: typer.Context,
    pure: Annotated[
        bool, typer.Option("--pure", help="Only those without database, Airflow and browser: under a minute.")
    ] = False,
) -> None:
    """Run pytest over tests/, two at a time; further words go to pytest (paths, -k, -n0 …). Its exit status is ours."""
    if pure:
        raise typer.Exit(run_pytest((*PURE, *context.args)))
    for program in missing_programs():
        print(f"atlas test: {NEEDED_PROGRAMS[program]}", flush=True)
    raise typer.Exit(run_pytest(tuple(context.args)))


def missing_programs() -> list[str]:
    """Programs that parts of the suite need and this machine lacks."""
    return [name for name in NEEDED_PROGRAMS if shutil.which(name) is None]


def run_pytest(arguments: tuple[str, ...], **environment: str) -> int:
    """pytest in the checkout; the tests of a file share a stack and build on each other, hence loadfile (in the order of tests/order.py)."""
    settings = load_settings()
    env = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED_PREFIXES)}
    pytest = Path(sys.executable).with_name("pytest")
    command: list[str | Path] = [pytest, "-n2", "--dist=loadfile", "-rsfE", *arguments]
    return subprocess.run(command, cwd=settings.root, env=env | environment).returncode
