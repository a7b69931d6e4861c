"""What came to an endpoint: deliveries with what came of them, and what was refused or passed over, with the reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.webhooks.endpoints import read_webhook

OUTCOMES = ("stored", "refused", "passed_over")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery, or a minute's refusals with one reason from one address (`times`, since `first_at`).

    `handled_at`, `started` executions and `error` say what came of a delivery's event; None where it waits.
    """

    at: datetime
    id: str
    outcome: str
    event: str | None
    times: int
    first_at: datetime
    status: int | None
    code: str | None
    detail: str | None
    address: str | None
    order_key: str | None
    handled_at: datetime | None
    started: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which arrivals; None asks nothing. `before` is the place behind which to go on."""

    outcome: str | None = None
    code: str | None = None
    event: str | None = None
    since: datetime | None = None
    before: tuple[datetime, str] | None = None


def list_arrivals(
    connection: Connection, organization: str, endpoint_id: str, sought: Sought, limit: int
) -> list[Arrival]:
    """The newest first. Raises WebhookUnknown."""
    read_webhook(connection, organization, endpoint_id)
    before_at, before_id = sought.before or (None, None)
    given: dict[str, Any] = {
        "organization": organization, "endpoint_id": endpoint_id, "outcome": sought.outcome or "any", "code": sought.code,
        "event": sought.event, "since": sought.since, "before_at": before_at, "before_id": before_id, "limit": limit,
    }  # fmt: skip
    return rows(connection, Arrival, sql("webhooks/deliveries"), given)
