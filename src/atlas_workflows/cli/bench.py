"""`atlas bench …`: runs the benchmarks of a checkout and prints their rows."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Measure us beside our peers.")

_WIDTH = 140  # of a table that goes to a file
Quick = Annotated[
    bool, typer.Option("--quick", help="Small sizes, for a look whether it works; the figures say little.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@app.callback()
def bench() -> None:
    """Measure us beside our peers."""


@app.command()
def rules(as_json: AsJson = False) -> None:
    """Conditions, templates, schedules and the interpreter beside json-logic, Jinja2's sandbox and croniter."""
    _print("rules", _benchmark("rules").run(), as_json)


@app.command()
def migration(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="A section: translator, loader, whole, history, phase, proof, live, yield; may be given several times."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The loader, the whole backfill, the translator and the reconciliation beside COPY, a client loop, PL/pgSQL and a pass of hashes."""
    benchmark = _benchmark("migration")
    _require_sections(benchmark, only or ())
    _print("migration", benchmark.run(only or ()), as_json)


@app.command()
def engine(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="A section: cost, peers, latency, action, due, parked, flood, memory; may be given several times."
        ),
    ] = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """The worker beside the floor of its statements and beside DBOS, procrastinate and pgqueuer; latency, waits, floods."""
    benchmark = _benchmark("engine")
    _require_sections(benchmark, only or ())
    _print("engine", benchmark.run(only or (), quick=quick), as_json)


@app.command()
def schedule(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="A section: read, one, occurrences, spread, instant, swept, load; may be given several times."
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=30, help="Within how many seconds the DAGs of section spread are due; 900 if absent."
        ),
    ] = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Recurring workflows as DAGs beside dag-factory's; delays, pile-ups and CPU under a real scheduler."""
    benchmark = _benchmark("schedule")
    _require_sections(benchmark, only or ())
    _print("schedule", benchmark.run(only or (), quick=quick, seconds=seconds), as_json)


@app.command()
def intake(quick: Quick = False, as_json: AsJson = False) -> None:
    """Webhooks verified and stored durably, beside the group commit alone and one insert each with asyncpg; latency at half load."""
    _print("intake", _benchmark("intake").run(quick=quick), as_json)


@app.command()
def api(
    only: Annotated[
        list[str] | None, typer.Option(help="A section: lists, start; may be given several times.")
    ] = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Lists of 100,000 rows page by page while others are added, beside the raw statement; how long the API takes to start."""
    benchmark = _benchmark("api")
    _require_sections(benchmark, only or ())
    _print("api", benchmark.run(only or (), quick=quick), as_json)


def _require_sections(benchmark: Any, asked: Sequence[str]) -> None:
    unknown = [name for name in asked if name not in benchmark.SECTIONS]
    if unknown:
        raise InputError(
            f"There is no section {', '.join(unknown)}.", remedy=f"Sections: {', '.join(benchmark.SECTIONS)}."
        )


def _benchmark(name: str) -> Any:
    """The module benchmarks/<name>.py; benchmarks are part of a checkout, not of the package."""
    folder = load_settings().root / "benchmarks"
    if not (folder / f"{name}.py").is_file():
        raise ConfigurationError(
            f"There is no {name}.py in {folder}.", remedy="Run this from a checkout of the repository."
        )
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(name)


def _print(name: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        print(dumps_text({"benchmark": name, "rows": [dict(row) for row in rows]}))
        return
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table(*columns, title=f"atlas bench {name}")
    for row in rows:
        table.add_row(*(_shown(row.get(column)) for column in columns))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "–".join(_shown(item) for item in value)
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
