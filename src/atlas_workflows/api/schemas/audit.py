"""The audit log."""

from datetime import datetime

from atlas_workflows.api.manners.exact import Model


class Entry(Model):
    """Who did what to which row, and why."""

    id: int
    at: datetime
    actor: str
    action: str
    subject_table: str | None
    subject_id: str | None
    reason: str | None


class AuditLog(Model):
    """A page of entries, the latest first; `next` is the entry to go on before."""

    items: list[Entry]
    next: int | None
