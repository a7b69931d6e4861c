"""`atlas secrets`: what is sealed at rest, under a new key."""

from typing import Annotated

import typer

from atlas_workflows.cli.progress import progress_display
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import current
from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.phases import all_phases
from atlas_workflows.migration.runs.locks import phases_locked
from atlas_workflows.secrets.rotation import BATCH_ROWS, rotate_keys
from atlas_workflows.wiring import crm_site

app = typer.Typer(no_args_is_help=True, help="Seal secrets anew under a new key.")


@app.callback()
def secrets() -> None:
    """Secrets and originals that hold secrets are sealed with the keys of ATLAS_SECRET_KEYS."""


@app.command()
def rotate(
    dsn: Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Open everything, write nothing.")] = False,
    batch_rows: Annotated[
        int, typer.Option("--batch-rows", min=1, max=10_000, help="Rows of a transaction.")
    ] = BATCH_ROWS,
    by: Annotated[str, typer.Option("--by", help="Who does it; noted in the audit log.")] = "operator",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Seal everything that an older key sealed under the first key of ATLAS_SECRET_KEYS. May be repeated.

    Exit status: 0 everything is under the first key (or would be), 1 some values open with none of the keys.
    """
    site = crm_site(dsn)
    address, settings = site.dsn, site.settings
    if current(address) is None:
        raise InputError("This database has no schema atlas.", remedy="There is nothing sealed here.")
    with (
        progress_display(quiet=as_json) as sink,
        connect(address, application_name="atlas-rotate", autocommit=True) as connection,
        phases_locked(connection, all_phases()),
    ):
        done = rotate_keys(
            connection, settings.secret_keys, actor=by, dry_run=dry_run, batch_rows=batch_rows, progress=sink
        )
    if as_json:
        print(dumps_text({"dry_run": dry_run, **{table: item.to_json() for table, item in done.items()}}))
    else:
        verb = "to seal anew" if dry_run else "sealed anew"
        for table, item in done.items():
            print(f"{table}: {item.resealed} {verb}, {item.current} under the first key already")
    unopened = {table: item for table, item in done.items() if item.unopened}
    if unopened:
        listed = "; ".join(
            f"{item.unopened} {table} ({', '.join(item.places)})" for table, item in unopened.items()
        )
        raise ConfigurationError(
            f"No key in force opens {listed}.",
            remedy="Add the key they were sealed with to ATLAS_SECRET_KEYS, before the last one, and repeat.",
        )
