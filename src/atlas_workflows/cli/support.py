"""What the commands of support share: their options, the connection, ids and times as given, and JSON out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.settings import load_settings

Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Organization = Annotated[str, typer.Option("--organization", metavar="ID", help="Whose.")]
Actor = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; goes into the audit log.")]
Reason = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; goes into the audit log.")]


@contextmanager
def session(dsn: str | None) -> Iterator[Connection]:
    """A session on the CRM database."""
    address = dsn or load_settings().require_crm_dsn()
    with connect(address, application_name="atlas-support", autocommit=True) as connection:
        yield connection


def an_id(text: str, what: str) -> str:
    """The canonical form of an id. Raises InputError for what is none."""
    try:
        return str(UUID(text))
    except ValueError as cause:
        raise InputError(f"The {what} is no id: {text[:60]!r}.", remedy="Give its UUID.") from cause


def an_instant(text: str | None) -> datetime | None:
    """ISO 8601, in UTC where no offset is given. Raises InputError for anything else."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as cause:
        raise InputError(
            f"{text[:60]!r} is no time.", remedy="Write 2026-03-02 or 2026-03-02T09:00:00Z."
        ) from cause
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def print_json(value: Any) -> None:
    """A dataclass, or a mapping, as JSON."""
    print(dumps_text(value if isinstance(value, dict) else asdict(value)))
