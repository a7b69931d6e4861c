"""Endpoints of webhooks at the old address: read, renamed, paused, removed. Calls to them go to the intake, as ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import not_found
from atlas_workflows.api.manners.routing import ADMINISTERS, READS
from atlas_workflows.api.v1.documents import require_storable
from atlas_workflows.api.v1.routing import about, v1_router
from atlas_workflows.api.v1.schemas.webhooks import OldWebhook, OldWebhookChange, WebhookDeleted
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.store.webhooks import endpoints
from atlas_workflows.store.webhooks.endpoints import Change, Webhook, WebhookUnknown

ROUTER = v1_router("v1 webhooks")
OLD = "/api/automations/webhooks/manage/{endpoint:path}"
WEBHOOK = about("WEBHOOK")
Reader = Annotated[Tenant, Depends(READS)]
Admin = Annotated[Tenant, Depends(ADMINISTERS)]
EndpointId = Annotated[str, Path(min_length=1, max_length=200, description="The id in its address.")]


@ROUTER.get(OLD, response_model=OldWebhook, openapi_extra=WEBHOOK)
def read_old_webhook(reader: Reader, endpoint: EndpointId) -> Response:
    """One endpoint; of its secret only a hint."""
    with _work(reader, endpoint) as connection:
        found = endpoints.read_webhook(connection, reader.organization, endpoint)
    return reply(OldWebhook, _document(found))


@ROUTER.put(OLD, response_model=OldWebhook, openapi_extra=WEBHOOK)
def change_old_webhook(admin: Admin, endpoint: EndpointId, body: OldWebhookChange) -> Response:
    """Rename an endpoint, pause or resume it, set its rate; what is left out stays."""
    sent = body.model_dump(exclude_unset=True)
    require_storable(sent, "body")
    with _work(admin, endpoint) as connection:
        found = endpoints.lock_webhook(connection, admin.organization, endpoint)
        if sent:
            found = endpoints.change_webhook(
                connection, admin.organization, endpoint, Change(**sent), admin.by("Sent to v1.")
            )
    return reply(OldWebhook, _document(found))


@ROUTER.delete(OLD, response_model=WebhookDeleted, openapi_extra=WEBHOOK)
def delete_old_webhook(admin: Admin, endpoint: EndpointId) -> Response:
    """Remove an endpoint and its secrets; its address is unknown from then on."""
    with _work(admin, endpoint) as connection:
        endpoints.delete_webhook(connection, admin.organization, endpoint, admin.by("Deleted by v1."))
    return reply(WebhookDeleted, {"endpoint_id": endpoint})


@contextmanager
def _work(tenant: Tenant, endpoint: str) -> Iterator[Connection]:
    require_storable(endpoint, "endpoint")
    try:
        with tenant.deciding() as session, acting_as_migration(session) as connection:
            yield connection
    except WebhookUnknown as cause:
        raise not_found("webhook", endpoint) from cause


def _document(found: Webhook) -> dict[str, object]:
    return {
        "id": found.id, "organization_id": found.organization, "workflow_id": found.workflow, "name": found.name,
        "endpoint_id": found.endpoint_id, "is_active": found.is_active, "verify_signature": found.verifies,
        "rate_limit": found.rate_limit, "secret_hint": found.secret_hint, "request_count": found.ever_taken,
        "last_triggered_at": found.ever_last_at,
    }  # fmt: skip
