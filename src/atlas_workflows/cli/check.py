"""`atlas check`: everything that reads the code without running it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import typer
from rich.console import Console

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import Settings, load_settings

app = typer.Typer()

PYTHON_PLACES = ("src", "tests", "dags", "plugins", "benchmarks", "atlas")
# What a check complains of stays under its name.
PRINTING = Lock()
EXPORT = ("export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--quiet")
# What an image installs -> what is exported besides; the second one is for Airflow's KubernetesExecutor.
REQUIREMENTS = {"requirements.txt": (), "deploy/helm/requirements.txt": ("--extra", "kubernetes")}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, and what runs; an empty text from `run` means all is well."""

    name: str
    run: Callable[[Settings], str]


@app.command()
def check() -> None:
    """Lint, format, types, import contracts, SQL lint, generated pages, exported requirements; exit 1 if one fails."""
    settings = load_settings()
    console = Console(stderr=True)
    # Two at a time, the longest first: the others take no longer together.
    with ThreadPoolExecutor(2) as pool:
        passed = list(pool.map(lambda item: _passes(item, settings, console), CHECKS))
    failed = [item.name for item, good in zip(CHECKS, passed, strict=True) if not good]
    console.print(
        f"[bold red]failed: {', '.join(failed)}" if failed else f"[green]all {len(CHECKS)} checks passed"
    )
    raise typer.Exit(1 if failed else 0)


def _passes(item: Check, settings: Settings, console: Console) -> bool:
    began = time.monotonic()
    complaint = item.run(settings)
    verdict = "[red]failed" if complaint else "[green]passed"
    with PRINTING:
        console.print(f"{verdict}[/] {item.name} ({time.monotonic() - began:.1f} s)")
        if complaint:
            console.print(complaint, markup=False, highlight=False)
    return not complaint


def _tool(*arguments: str) -> Callable[[Settings], str]:
    def run(settings: Settings) -> str:
        program = Path(sys.executable).with_name(arguments[0])
        done = subprocess.run([program, *arguments[1:]], cwd=settings.root, text=True, capture_output=True)
        return (
            "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit {done.returncode}"
        )

    return run


def find_uv(settings: Settings) -> str:
    """The uv that made the environment. Raises ConfigurationError where there is none."""
    own = settings.home / "bootstrap" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        raise ConfigurationError(
            "uv is not found.", remedy="Run ./atlas, which fetches it, or put uv on PATH."
        )
    return found


def exported_requirements(settings: Settings, *extras: str) -> str:
    """What a file of requirements must hold: the lock without the development group, with hashes."""
    done = subprocess.run(
        [find_uv(settings), *EXPORT, *extras, "--project", str(settings.root)],
        text=True,
        capture_output=True,
        check=True,
    )
    return done.stdout


def _requirements(settings: Settings) -> str:
    stale = [
        f"{name} is not what uv.lock says; run: uv {' '.join((*EXPORT, *extras))} -o {name}"
        for name, extras in REQUIREMENTS.items()
        if not (settings.root / name).is_file()
        or (settings.root / name).read_text() != exported_requirements(settings, *extras)
    ]
    return "\n".join(stale)


def _generated_pages(settings: Settings) -> str:
    from atlas_workflows.cli.reference import stale_pages

    stale = [str(path.relative_to(settings.root)) for path in stale_pages(settings.root)]
    remedy = f"Run: {sys.executable} -m atlas_workflows.cli.reference"
    return f"Stale: {', '.join(stale)}. {remedy}" if stale else ""


def _places(settings: Settings) -> list[str]:
    return [place for place in PYTHON_PLACES if (settings.root / place).exists()]


def _ruff(*arguments: str) -> Callable[[Settings], str]:
    return lambda settings: _tool("ruff", *arguments, *_places(settings))(settings)


CHECKS = (
    Check("SQL lint", _tool("sqlfluff", "lint", "include/sql", "--processes", "2", "--disable-progress-bar")),
    Check("ruff check", _ruff("check", "--quiet", "--output-format=concise")),
    Check("ruff format", _ruff("format", "--check", "--quiet")),
    Check("import contracts", _tool("lint-imports", "--no-cache")),
    Check("requirements.txt", _requirements),
    Check("generated pages", _generated_pages),
    Check("types", _tool("mypy")),
)
