"""Drafts: saved as read at a revision, what they were before, and who has one open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.store.publication import DraftInvalid, StaleRevision, Standing
from atlas_workflows.store.secret_references import secret_problems
from atlas_workflows.store.steering import By, audit

PRESENT_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has a draft open on one of their pages."""

    caller: str
    page: str
    seen_at: datetime


def save_draft(
    connection: Connection,
    standing: Standing,
    revision: int,
    document: Any,
    by: By,
    *,
    action: str = "save_draft",
    user: str | None = None,
) -> int:
    """Save a draft that was read at `revision`, and note who did; the new revision.

    Raises StaleRevision where somebody was faster, InputError where the workflow is archived, DraftInvalid where it refers to
    secrets that are not its organization's.
    """
    if standing.status == "archived":
        raise InputError(f"{standing.name!r} is archived.", remedy="Copy it to a new workflow.")
    require_own_secrets(connection, standing.organization, document)
    given = {"id": standing.id, "revision": revision, "definition": dumps_text(document), "user": user}
    try:
        with connection.transaction():
            saved = int(scalar(connection, sql("api/save_draft"), given))
            audit(connection, standing.organization, ("workflows", standing.id), f"{action}_{saved}", by)
    except psycopg.errors.SerializationFailure as cause:
        raise StaleRevision(
            f"The draft of {standing.name!r} is not at revision {revision} any more.",
            remedy="Read it again and merge your change into it.",
        ) from cause
    return saved


def require_own_secrets(connection: Connection, organization: str, document: Any) -> None:
    """Raise DraftInvalid for references to another organization's secrets, which the database would not store."""
    problems = secret_problems(connection, organization, document)
    if problems:
        fact = "The draft refers to secrets that are not its organization's."
        raise DraftInvalid(fact, remedy="Correct the draft.", problems=problems)


def earlier_draft(connection: Connection, standing: Standing, revision: int) -> Any | None:
    """The draft as it was at a revision, the present one included; None where that is not kept any more."""
    if revision == standing.revision:
        return loads(standing.definition)
    given = {"organization": standing.organization, "workflow": standing.id, "revision": revision}
    found = scalar(connection, sql("api/earlier_draft"), given)
    return None if found is None else loads(found)


def note_presence(
    connection: Connection, organization: str, workflow: str, caller: str, page: str
) -> list[Present]:
    """Somebody has the draft open; everybody who has, that one too."""
    given = {"organization": organization, "workflow": workflow, "caller": caller, "page": page}  # fmt: skip
    connection.execute(sql("api/note_presence"), given)
    return read_presence(connection, organization, workflow)


def read_presence(connection: Connection, organization: str, workflow: str) -> list[Present]:
    """Who has told within the last 30 seconds that they have the draft open."""
    given = {"organization": organization, "workflow": workflow, "within": PRESENT_FOR}
    return rows(connection, Present, sql("api/presence"), given)
