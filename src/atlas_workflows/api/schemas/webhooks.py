"""Endpoints of webhooks."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from atlas_workflows.api.manners.exact import Instant, Model


class WebhookView(Model):
    """An endpoint; of its secret only a hint. `taken` counts calls, repeats among them, `limited` those over the rate, `refused` all
    that were refused or passed over. `unreadable`: why its settings cannot be read, so that no call is taken until they are set anew."""

    id: str
    organization: str
    endpoint_id: str
    name: str
    workflow: str | None
    scheme: str
    manner: dict[str, Any]
    verifies: bool
    rate_limit: int
    is_active: bool
    secret_hint: str | None
    previous_until: datetime | None
    taken: int
    limited: int
    refused: int
    last_at: datetime | None
    unreadable: str | None


class Webhooks(Model):
    """An organization's endpoints by name."""

    items: list[WebhookView]


class RevealedWebhook(Model):
    """An endpoint and its secret, which is in this answer and nowhere else."""

    webhook: WebhookView
    secret: str | None


class NewWebhook(Model):
    """An endpoint to make. Without an id it gets one; without a secret too, where the provider takes ours."""

    name: str = Field(min_length=1, max_length=200)
    scheme: str = Field("standard", max_length=40)
    endpoint_id: str | None = Field(None, min_length=1, max_length=200)
    workflow: UUID | None = None
    secret: str | None = Field(None, max_length=4_000)
    verifies: bool = True
    rate_limit: int = Field(100, ge=1, le=1_000_000)
    manner: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field(min_length=1, max_length=1_000)


class WebhookChange(Model):
    """What to change; what is left out stays. `manner` is replaced as a whole."""

    name: str | None = Field(None, min_length=1, max_length=200)
    scheme: str | None = Field(None, max_length=40)
    verifies: bool | None = None
    rate_limit: int | None = Field(None, ge=1, le=1_000_000)
    manner: dict[str, Any] | None = None
    is_active: bool | None = None
    reason: str = Field(min_length=1, max_length=1_000)


class Rotation(Model):
    """A new secret; the one before counts for `overlap_seconds` more. `end_overlap` ends an overlap that lasts still."""

    overlap_seconds: int = Field(86_400, ge=0, le=30 * 86_400)
    end_overlap: bool = False
    secret: str | None = Field(None, max_length=4_000)
    reason: str = Field(min_length=1, max_length=1_000)


class DeliveryReplayWish(Model):
    """Deliveries of a span to be handled again; without `confirm` they are only counted."""

    since: Instant
    until: Instant
    confirm: bool = False
    reason: str = Field(min_length=1, max_length=1_000)


class ReplayAnswer(Model):
    """What handling them again comes upon, and how many are."""

    deliveries: int
    waiting: int
    failed: int
    without_execution: int
    executions: int
    effects_done: int
    replayed: int


class ArrivalView(Model):
    """A delivery, or a minute's refusals with one reason from one address: `times` of them since `first_at`.

    `handled_at`, `started` executions and `error` say what came of a delivery; null where it waits.
    """

    at: datetime
    id: str
    outcome: Literal["stored", "refused", "passed_over"]
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


class Arrivals(Model):
    """A page of what came to an endpoint, the newest first; `next` is the cursor of the following one."""

    items: list[ArrivalView]
    next: str | None


class TestWish(Model):
    """A sample call; without a body one is made up."""

    event: str = Field("test", min_length=1, max_length=200)
    body: dict[str, Any] | None = None
    reason: str = Field(min_length=1, max_length=1_000)


class TestAnswer(Model):
    """What the endpoint answered the sample: it went the way of every call, so where it was stored it starts executions."""

    status: int
    code: str | None
    detail: str


class SchemeView(Model):
    """One way in which calls are signed."""

    name: str
    title: str
    documentation: str


class Schemes(Model):
    """All of them."""

    items: list[SchemeView]
