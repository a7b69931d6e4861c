"""`atlas sample …`: make a synthetic legacy CRM, or act as its old application."""

import signal
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from atlas_workflows import exact_json
from atlas_workflows.sample.create import SampleReport, create_sample
from atlas_workflows.sample.old_app import run_old_app
from atlas_workflows.sample.spec import Variant, make_spec
from atlas_workflows.settings import masked_dsn
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True)
progress = Console(stderr=True)

Dsn = Annotated[str | None, typer.Option(help="Database, postgresql://…; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]


@app.callback()
def sample() -> None:
    """Make a synthetic legacy CRM, or act as its old application."""


@app.command()
def create(
    shape: Annotated[str, typer.Option(help="Table shape: A, B, C, D, E or F.")] = "A",
    size: Annotated[str, typer.Option(help="S, M or L.")] = "S",
    messy: Annotated[bool, typer.Option("--messy/--tidy", help="With every kind of dirt, or clean.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    variant: Annotated[
        list[str] | None, typer.Option(help=f"Repeatable: {', '.join(Variant)}.", show_default=False)
    ] = None,
    dsn: Dsn = None,
    replace: Annotated[bool, typer.Option(help="Drop an earlier sample first; never anything else.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create the legacy tables in an empty database and fill them with synthetic data."""
    spec = make_spec(shape, size, messy=messy, seed=seed, variants=tuple(variant or ()))
    address = crm_site(dsn).dsn
    progress.print(f"Making {spec.size.workflows} workflows of shape {spec.shape} in {masked_dsn(address)} …")
    report = create_sample(address, spec, replace=replace)
    if as_json:
        print(exact_json.dumps_text(_as_json(report)))
    else:
        for table, count in report.rows.items():
            print(f"{count:>10,}  {table}")
        print(f"Made in {report.seconds:.1f} s.")


def _as_json(report: SampleReport) -> dict[str, object]:
    spec = report.spec
    return {
        "shape": spec.shape.value,
        "messy": spec.messy,
        "seed": spec.seed,
        "variants": sorted(variant.value for variant in spec.variants),
        "rows": report.rows,
        "coverage": report.coverage,
        "seconds": round(report.seconds, 2),
    }


@app.command("old-app")
def old_app(
    rate: Annotated[float, typer.Option(min=0.01, help="Deeds a second.")] = 5.0,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Stop after so long; default: until SIGTERM.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed chooses alike.")] = 1,
    dsn: Dsn = None,
) -> None:
    """Act as the old application on the legacy tables until told to stop, then print one JSON line of what it wrote."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    address = crm_site(dsn).dsn
    written = run_old_app(address, rate=rate, seconds=seconds, seed=seed, stop=stop)
    print(exact_json.dumps_text(written.as_json()))
