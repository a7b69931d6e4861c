"""`atlas secrets`: credentials of connectors, and what is sealed at rest under a new key."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.cli.organization_option import Dsn, Organization, organization_id
from atlas_workflows.cli.progress import progress_display
from atlas_workflows.cli.signed import require_signed
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema import current
from atlas_workflows.errors import ConfigurationError, InputError, PhaseRefused
from atlas_workflows.exact_json import dumps_text, loads_unambiguous
from atlas_workflows.integrations import twilio
from atlas_workflows.integrations.credentials import (
    NoCredential,
    forget_credential,
    keep_credential,
)
from atlas_workflows.migration.phases import all_phases
from atlas_workflows.migration.runs.locks import phases_locked
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.secrets.rotation import BATCH_ROWS, rotate_keys
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.secrets.signing import Signer
from atlas_workflows.settings import load_settings
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True, help="Credentials of connectors; seal secrets anew under a new key.")
# Connector -> what reads its credential; raises NoCredential, naming what is wrong with it.
CONNECTORS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {twilio.CONNECTOR: twilio.account_of}

By = Annotated[str, typer.Option("--by", help="Who does it; noted in the audit log.")]
Connector = Annotated[str, typer.Argument(metavar="CONNECTOR", help="Whose credential: twilio.")]


@app.callback()
def secrets() -> None:
    """Secrets and originals that hold secrets are sealed with the keys of ATLAS_SECRET_KEYS."""


@app.command("set")
def set_credential(
    connector: Connector,
    organization: Organization,
    by: By,
    dsn: Dsn = None,
) -> None:
    """Seal an organization's credential, read as a JSON object from standard input, in place of the one before."""
    whose, values = _named(connector, organization), _credential(connector, sys.stdin.read())
    site = crm_site(dsn)
    sealer = Sealer(with_secret_key(site.settings).secret_keys)
    with (
        connect(site.dsn, application_name="atlas-secrets", autocommit=True) as connection,
        acting_as_migration(connection),
    ):
        name = keep_credential(connection, sealer, whose, connector, values)
        _note(connection, name, by, "set_credential", connector, whose)
    print(f"Sealed the credential for {connector}: {', '.join(sorted(values))}.")


@app.command()
def forget(
    connector: Connector,
    organization: Organization,
    by: By,
    dsn: Dsn = None,
) -> None:
    """Remove an organization's credential; steps that need it fail from then on, with the cause `configuration`."""
    whose = _named(connector, organization)
    with (
        connect(crm_site(dsn).dsn, application_name="atlas-secrets", autocommit=True) as connection,
        acting_as_migration(connection),
    ):
        name = forget_credential(connection, whose, connector)
        if name is None:
            raise InputError(
                f"The organization has no credential for {connector}.", remedy="There is nothing to remove."
            )
        _note(connection, name, by, "forget_credential", connector, whose)
    print(f"Removed the credential for {connector}.")


def _named(connector: str, organization: str) -> str:
    if connector not in CONNECTORS:
        raise InputError(
            f"There is no connector {connector[:40]!r}.",
            remedy=f"There are: {', '.join(sorted(CONNECTORS))}.",
        )
    return organization_id(organization)


def _credential(connector: str, text: str) -> dict[str, str]:
    """Raises InputError; nothing of what was given stands in it but names."""
    remedy = (
        'Give it on standard input, such as {"account_sid": "AC…", "auth_token": "…", "sms_from": "+44…"}.'
    )
    values = loads_unambiguous(text)
    if not isinstance(values, dict) or not all(isinstance(value, str) and value for value in values.values()):
        raise InputError("The credential is no JSON object of texts.", remedy=remedy)
    try:
        CONNECTORS[connector](values)
    except NoCredential as cause:
        raise InputError(str(cause), remedy=remedy) from cause
    return values


def _note(
    connection: Connection, name: UUID, by: str, action: str, connector: str, organization: str
) -> None:
    subject = Subject("secrets", str(name))
    audit.record(connection, subject, actor=by, action=action, reason=connector, organization_id=organization)


@app.command("public-key")
def public_key() -> None:
    """Print the public key of certificates. Keep it apart from the database and from ATLAS_SECRET_KEYS.

    It follows from the last of ATLAS_SECRET_KEYS and stays the same when keys rotate.
    """
    print(Signer(with_secret_key(load_settings()).secret_keys).public_key)


@app.command()
def rotate(
    dsn: Dsn = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Open everything, write nothing.")] = False,
    batch_rows: Annotated[
        int, typer.Option("--batch-rows", min=1, max=10_000, help="Rows of a transaction.")
    ] = BATCH_ROWS,
    by: By = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Seal everything that an older key sealed under the first key of ATLAS_SECRET_KEYS. May be repeated.

    It needs --by, unless it is a dry run.

    Exit status: 0 everything is under the first key (or would be), 1 some values open with none of the keys.
    """
    if not dry_run:
        require_signed(by, what="A rotation")
    site = crm_site(dsn)
    address, settings = site.dsn, site.settings
    if current(address) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="There is nothing sealed here.")
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
