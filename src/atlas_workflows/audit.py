"""One way to note in the append-only audit log who did what to which row, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted upon: a table of schema atlas (without the schema) and the row's key there."""

    table: str
    id: str


def record(
    connection: Connection,
    subject: Subject,
    *,
    actor: str,
    action: str,
    reason: str,
    organization_id: Any = None,
    before_hash: str | None = None,
    after_hash: str | None = None,
) -> None:
    """Add one entry in the transaction at hand; the session must act as the migration (db.acting)."""
    parameters: Mapping[str, Any] = {
        "organization_id": organization_id,
        "actor": actor,
        "action": action,
        "subject_table": subject.table,
        "subject_id": subject.id,
        "before_hash": before_hash,
        "after_hash": after_hash,
        "reason": reason,
    }
    connection.execute(sql("audit/record"), parameters)
