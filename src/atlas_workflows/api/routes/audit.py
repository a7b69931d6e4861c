"""Who did what in an organization, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.routing import ADMINISTERS, Limit, api_router
from atlas_workflows.api.schemas.audit import AuditLog
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql

ROUTER = api_router("audit")
Word = Annotated[str | None, Query(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the database has it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject_table: str | None
    subject_id: str | None
    reason: str | None


@ROUTER.get("/audit", response_model=AuditLog)
def list_audit_entries(
    admin: Annotated[Tenant, Depends(ADMINISTERS)],
    subject_table: Word = None,
    subject_id: Word = None,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
) -> Response:
    """The audit entries, the latest first."""
    given = {
        "organization": admin.organization, "subject_table": subject_table, "subject_id": subject_id,
        "before": before, "limit": limit + 1,
    }  # fmt: skip
    with admin.reading() as connection:
        found = rows(connection, Entry, sql("api/audit"), given)
    shown = found[:limit]
    return reply(AuditLog, {"items": shown, "next": shown[-1].id if len(found) > limit else None})
