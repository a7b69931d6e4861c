"""`atlas schema`: bring schema atlas up or down, show where it is, print the script an administrator runs."""

import json
from typing import Annotated

import typer
from rich.console import Console

from atlas_workflows.db import schema
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.db.roles import migration_role, roles_script
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.db.search_paths import require_safe_search_paths
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True, help="Upgrade or downgrade the atlas schema; print the role script.")
console = Console(stderr=True)

Dsn = Annotated[str | None, typer.Option("--dsn", help="The database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Revision = Annotated[str, typer.Argument(help="A revision such as 0003, head or base.")]
By = Annotated[str, typer.Option("--by", help="Who asks for it; kept in the audit log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


@app.command()
def upgrade(revision: Revision = "head", dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Bring the schema up. Running it again changes nothing."""
    address = _address(dsn)
    with connect(address, application_name="atlas-schema", autocommit=True) as connection:
        require_safe_search_paths(connection)
    schema.upgrade(address, revision)
    if revision == "head":
        _declare_flags(address)
    _show(address, as_json)
    _warn_where_policies_hold(address)


@app.command()
def downgrade(
    revision: Revision,
    dsn: Dsn = None,
    yes: Annotated[bool, typer.Option("--yes", help="Really remove; without it nothing happens.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the schema down. Tables above the revision are removed with what they hold; make a backup first."""
    address = _address(dsn)
    if not yes:
        raise InputError(
            f"Going down from {schema.current(address) or 'nothing'} to {revision} removes tables and their rows.",
            remedy="Make a backup (`atlas backup make`), then repeat with --yes.",
        )
    schema.downgrade(address, revision)
    _show(address, as_json)


@app.command()
def current(dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Show the revision the schema is at."""
    _show(_address(dsn), as_json)


@app.command("roles-script")
def roles_script_(
    dsn: Dsn = None,
    migration_role_name: Annotated[
        str | None, typer.Option("--migration-role", help="Who will migrate; default the user of the dsn.")
    ] = None,
) -> None:
    """Print the SQL that lets an administrator prepare the roles beforehand. Nothing is connected to."""
    print(roles_script(_address(dsn), migration_role_name=migration_role_name))


@app.command("relax-row-security")
def relax_row_security(by: By, reason: Reason, dsn: Dsn = None) -> None:
    """Let the owner of the schema (only) pass row-level security, where no administrator can give BYPASSRLS."""
    _force(_address(dsn), forced=False, by=by, reason=reason)


@app.command("force-row-security")
def force_row_security(by: By, reason: Reason, dsn: Dsn = None) -> None:
    """Hold the owner of the schema to row-level security again, as it is after an upgrade."""
    _force(_address(dsn), forced=True, by=by, reason=reason)


def _force(address: str, *, forced: bool, by: str, reason: str) -> None:
    with (
        explained(address),
        connect(address, application_name="atlas-schema", autocommit=True) as connection,
        acting_as_migration(connection),
    ):
        parameters = {"forced": forced, "actor": by, "reason": reason}
        tables = scalar(connection, sql("schema/relax_row_security"), parameters)
    console.print(f"{tables} tables {'force' if forced else 'no longer force'} row-level security.")


def _address(dsn: str | None) -> str:
    return crm_site(dsn).dsn


def _show(address: str, as_json: bool) -> None:
    revision = schema.current(address)
    print(json.dumps({"revision": revision}) if as_json else revision or "There is no schema atlas.")


def _declare_flags(address: str) -> None:
    with explained(address), connect(address, application_name="atlas-schema", autocommit=True) as connection:
        declare_known_flags(PostgresFlags(connection), actor="atlas schema upgrade")


def _warn_where_policies_hold(address: str) -> None:
    with connect(address, application_name="atlas-schema", autocommit=True) as connection:
        role = migration_role(connection)
    if not role.passes_policies:
        console.print(
            f"[yellow]The role {role.name} is held by row-level security and cannot migrate yet:[/] "
            "an administrator runs the output of `atlas schema roles-script`.",
            highlight=False,
        )
