"""Translated workflows as documents, for whoever wants to look at one, validate it or try it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql

_AT_ONCE = 200


def read_definitions(
    connection: Connection, *, organization: UUID | None = None, workflows: Sequence[UUID] = ()
) -> Iterator[tuple[str, str]]:
    """(id, definition as JSON text) of all workflows, of one organization's, or of those named, a few at a time."""
    act_as_migration(connection)
    wanted = {"organization_id": organization, "workflow_ids": list(workflows) or None}
    with connection.transaction(), connection.cursor(name="definitions") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(sql("migration/report/definitions"), wanted)
        yield from cursor
