"""Finds drafts that were edited here after they were migrated, so that nothing a person did is lost unsaved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.ledger.fingerprint import stored_fingerprint

COLUMNS = (
    "id", "organization_id", "name", "description", "category", "tags", "definition", "intended_status",
    "legacy_reported", "template_id", "created_by", "created_at", "last_run_at", "total_executions",
    "successful_executions", "failed_executions", "updated_at",
)  # fmt: skip


def edited_workflows(
    connection: Connection,
    *,
    source_table: str | None = None,
    ids: Sequence[str] | None = None,
    organizations: Sequence[str] | None = None,
    phase: str | None = None,
) -> list[str]:
    """Ids of workflows whose row no longer is what the migration wrote; among `ids` (source ids), those that `phase`
    made, or all."""
    parameters = {
        "source_table": source_table,
        "ids": None if ids is None else list(ids),
        "organizations": None if organizations is None else list(organizations),
        "phase": phase,
    }
    edited = []
    for *values, recorded in connection.execute(sql("migration/ledger/edited_candidates"), parameters):
        row = dict(zip(COLUMNS, values, strict=True))
        now = loads(stored_fingerprint({"workflows": [row]})).get("workflows")
        if now != loads(recorded).get("workflows"):
            edited.append(str(row["id"]))
    return edited


def archive_workflows(
    connection: Connection, ids: Sequence[str], *, reason: str, run_id: UUID | None, at: datetime
) -> None:
    """Keep the rows whole in atlas.archive."""
    if ids:
        parameters = {"workflow_ids": list(ids), "reason": reason, "run_id": run_id, "at": at}
        connection.execute(sql("migration/ledger/archive_workflows"), parameters)
