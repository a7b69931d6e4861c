"""`atlas backup`: make, verify, list and restore backups of the CRM database."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.dump import make_backup
from atlas_workflows.migration.backup.manifest import Manifest
from atlas_workflows.migration.backup.remains import clear_away
from atlas_workflows.migration.backup.restore import restore_backup
from atlas_workflows.migration.backup.retention import KEEP, list_backups, prune
from atlas_workflows.migration.backup.unfinished import BACKUPS, clear_folders
from atlas_workflows.migration.backup.verify import Proof, verify_backup
from atlas_workflows.migration.steps.backup import plan_of
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True, help="Make, verify, list and restore backups of the CRM database.")
console = Console(stderr=True)

Dsn = Annotated[str | None, typer.Option("--dsn", help="The database; default ATLAS_CRM_DSN.")]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="Where backups live; default ATLAS_HOME/backups.")
]


@app.command()
def make(
    dsn: Dsn = None,
    folder: Folder = None,
    encrypt: Annotated[
        bool | None,
        typer.Option("--encrypt/--no-encrypt", help="Encrypt it; left out: where there is a key."),
    ] = None,
) -> None:
    """Make a backup and prove it by restoring it into a scratch database."""
    site = crm_site(dsn)
    address, settings = site.dsn, site.settings
    if encrypt and not settings.secret_keys:
        raise BackupError("There is no key to encrypt with.", remedy="Set ATLAS_SECRET_KEYS to a Fernet key.")
    plan = plan_of(site, folder)
    clear_away(site, plan.folder)
    if encrypt is False:
        plan = replace(plan, encrypt_with=())
    made = make_backup(plan, settings, now=datetime.now(UTC), report=_show)
    proof = verify_backup(made, address, settings)
    removed = prune(plan.folder)
    print(made)
    console.print("Encrypted." if plan.encrypt_with else "Not encrypted.")
    console.print(f"Proved in {proof.where}: {_verdict(proof)}; {len(removed)} old removed.", highlight=False)
    raise typer.Exit(0 if proof.passed else 1)


@app.command("list")
def list_(folder: Folder = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show the backups, oldest first."""
    found = list_backups(_folder(load_settings(), folder))
    if as_json:
        print(json.dumps([manifest.to_json() for _path, manifest in found]))
        return
    table = Table("backup", "made at", "database", "tables", "rows", "MB", "proved")
    for _path, manifest in found:
        table.add_row(*_cells(manifest))
    # A pipe has no width of its own; ids must come out whole, because `restore` wants them.
    Console(width=None if sys.stdout.isatty() else 140).print(table)


@app.command()
def verify(backup: Path, dsn: Dsn = None) -> None:
    """Restore a backup into a scratch database and compare it with its manifest."""
    site = crm_site(dsn)
    clear_away(site, backup.absolute().parent)
    proof = verify_backup(backup, site.dsn, site.settings)
    print(json.dumps(proof.to_json(), indent=2))
    raise typer.Exit(0 if proof.passed else 1)


@app.command()
def restore(
    backup: Path, dsn: Annotated[str, typer.Option("--dsn", help="An empty database to restore into.")]
) -> None:
    """Restore a backup into an empty database. Never writes over tables that are there."""
    clear_folders(backup.absolute().parent)
    restored = restore_backup(backup, dsn, load_settings())
    for line in (*restored.stubs, *restored.refused):
        console.print(f"[yellow]not as it was:[/] {line}", highlight=False)
    for expected, found in restored.differing:
        console.print(
            f"[red]differs:[/] {expected.table}: {expected.rows} rows expected, {found.rows if found else 'no table'} found"
        )
    for line in restored.behind:
        console.print(f"[red]differs:[/] {line}", highlight=False)
    raise typer.Exit(1 if restored.faults else 0)


@app.command("prune")
def prune_(folder: Folder = None, keep: Annotated[int, typer.Option(min=1)] = KEEP) -> None:
    """Remove superfluous backups; the newest proved one always stays."""
    for backup_id in prune(_folder(load_settings(), folder), keep=keep):
        print(backup_id)


def _verdict(proof: Proof) -> str:
    """Only what came back the same is said to have come back."""
    if not proof.passed:
        return f"IT DIFFERS in {', '.join(proof.restored.faults)}"
    lost = [*proof.restored.stubs, *proof.restored.refused]
    if not lost:
        return "every row and definition came back"
    return f"every row came back; {len(lost)} definitions did not: {'; '.join(lost)}"


def _folder(settings: Settings, given: Path | None) -> Path:
    place = given or settings.home / BACKUPS
    clear_folders(place)
    return place


def _cells(manifest: Manifest) -> tuple[str, ...]:
    rows = sum(state.rows for state in manifest.tables)
    proved = "never" if manifest.verified is None else "yes" if manifest.verified["passed"] else "DIFFERS"
    made = f"{manifest.made_at:%Y-%m-%d %H:%M:%S}"
    return (
        manifest.id,
        made,
        manifest.database,
        str(len(manifest.tables)),
        f"{rows:,}",
        f"{manifest.size / 1e6:.1f}",
        proved,
    )


def _show(table: str, done: int, total: int) -> None:
    console.print(f"[dim]checksum {done}/{total} {table}[/]", highlight=False)
