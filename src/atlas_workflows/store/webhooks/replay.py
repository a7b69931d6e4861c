"""Lets deliveries be handled again: workflows that have had them go on as they are, others may start by them now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks.endpoints import TABLE, read_webhook


@dataclass(frozen=True, slots=True)
class Replay:
    """`waiting` are not handled yet. `executions` of theirs exist and are not begun again; what they did (`effects_done`) stays.

    `without_execution` are the ones of which something may come that did not: no workflow listened, or one failed to.
    """

    deliveries: int
    waiting: int
    failed: int
    without_execution: int
    executions: int
    effects_done: int


def preview_replay(
    connection: Connection, organization: str, endpoint_id: str, since: datetime, until: datetime
) -> Replay:
    """What handling the deliveries of a span again would come upon. Raises WebhookUnknown."""
    read_webhook(connection, organization, endpoint_id)
    found = one(
        connection, Replay, sql("webhooks/replay_preview"), _given(organization, endpoint_id, since, until)
    )
    assert found is not None  # one row by construction
    return found


def replay(
    connection: Connection, organization: str, endpoint_id: str, since: datetime, until: datetime, by: By
) -> int:
    """Let them be handled again; how many. An execution hangs on its event, so none begins twice and no effect is repeated."""
    webhook = read_webhook(connection, organization, endpoint_id)
    done = connection.execute(
        sql("webhooks/replay"), _given(organization, endpoint_id, since, until)
    ).rowcount
    connection.execute(sql("events/notify"))
    reason = f"{by.reason} ({done} deliveries of {since.isoformat()} to {until.isoformat()})"
    audit.record(
        connection, Subject(TABLE, webhook.id), actor=by.actor, action="replay_webhook", reason=reason,
        organization_id=organization,
    )  # fmt: skip
    return done


def _given(organization: str, endpoint_id: str, since: datetime, until: datetime) -> dict[str, Any]:
    return {"organization": organization, "endpoint_id": endpoint_id, "since": since, "until": until}
