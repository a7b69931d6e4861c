"""What commands about one organization's sending take: its id, who acts and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.errors import InputError
from atlas_workflows.site import crm_site

Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Organization = Annotated[str, typer.Option("--organization", help="Whose it is.")]
By = Annotated[str, typer.Option("--by", help="Who does it; kept in the audit log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


def organization_id(text: str) -> str:
    """An organization's id as the database writes it. Raises InputError."""
    try:
        return str(UUID(text))
    except ValueError as cause:
        raise InputError("The organization is no id.", remedy="Give its UUID.") from cause


def signed(by: str, reason: str) -> dict[str, str]:
    """Who and why, neither blank. Raises InputError."""
    if not by.strip() or not reason.strip():
        raise InputError("A change needs a name and a reason.", remedy="Add --by NAME --reason WHY.")
    return {"by": by.strip(), "reason": reason.strip()}


@contextmanager
def crm_session(dsn: str | None, name: str) -> Iterator[Connection]:
    """A session on the CRM database; what a missing schema says is explained."""
    address = crm_site(dsn).dsn
    with explained(address), connect(address, application_name=name, autocommit=True) as connection:
        yield connection
