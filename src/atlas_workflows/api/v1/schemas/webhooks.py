"""Endpoints of webhooks as v1 shows them."""

from datetime import datetime

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class OldWebhook(Model):
    """An endpoint; of its secret only a hint."""

    id: str
    organization_id: str
    workflow_id: str | None
    name: str
    endpoint_id: str
    is_active: bool
    verify_signature: bool
    rate_limit: int
    secret_hint: str | None
    request_count: int
    last_triggered_at: datetime | None


class OldWebhookChange(Model):
    """What to change; what is left out stays, and null is refused."""

    name: str = Field("", min_length=1, max_length=200)
    is_active: bool = True
    rate_limit: int = Field(100, ge=1, le=1_000_000)


class WebhookDeleted(Model):
    """The endpoint is gone."""

    success: bool = True
    endpoint_id: str
