"""Webhook endpoints over HTTP: who may and for whom is the business of the doors that whoever adds these routes brings."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, HTTPException, Path

from atlas_workflows.api.webhook_schemas import (
    NewWebhook,
    ReplayAnswer,
    ReplayWish,
    RevealedWebhook,
    Rotation,
    Schemes,
    SchemeView,
    WebhookChange,
    Webhooks,
    WebhookView,
)
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.webhooks.endpoint import read_manner
from atlas_workflows.integrations.webhooks.schemes import all_schemes
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import utc_now
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks import endpoints
from atlas_workflows.store.webhooks.endpoints import Change, Revealed, Wanted, Webhook, WebhookUnknown
from atlas_workflows.store.webhooks.replay import preview_replay, replay

EndpointId = Annotated[str, Path(min_length=1, max_length=200, description="The id in its address.")]


class Desk(Protocol):
    """A caller who was let in, acting for one organization: what the doors' dependencies give."""

    @property
    def organization(self) -> str: ...
    def deciding(self) -> AbstractContextManager[Connection]: ...
    def by(self, reason: str) -> By: ...


def add_webhook_routes(
    router: APIRouter,
    *,
    reads: Callable[..., Any],
    administers: Callable[..., Any],
    sealer: Callable[[], Sealer],
) -> APIRouter:
    """Add the routes to a router. `reads` and `administers` are dependencies that give a Desk, or refuse."""
    _add_reading(router, reads)
    _add_keeping(router, administers, sealer)
    _add_secrets(router, administers, sealer)
    return router


def _add_reading(router: APIRouter, reads: Callable[..., Any]) -> None:
    @router.get("/webhooks/schemes", response_model=Schemes)
    def list_schemes(desk: Annotated[Any, Depends(reads)]) -> Schemes:  # noqa: ARG001
        """The ways in which calls can be signed."""
        return Schemes(items=[SchemeView.model_validate(scheme) for scheme in all_schemes().values()])

    @router.get("/webhooks", response_model=Webhooks)
    def list_webhooks(desk: Annotated[Any, Depends(reads)]) -> Webhooks:
        """The organization's endpoints by name."""
        with _work(desk) as connection:
            found = endpoints.list_webhooks(connection, desk.organization)
        return Webhooks(items=[_view(webhook) for webhook in found])

    @router.get("/webhooks/{endpoint_id}", response_model=WebhookView)
    def read_webhook(desk: Annotated[Any, Depends(reads)], endpoint_id: EndpointId) -> WebhookView:
        """One endpoint."""
        with _work(desk) as connection:
            return _view(endpoints.read_webhook(connection, desk.organization, endpoint_id))


def _add_keeping(router: APIRouter, administers: Callable[..., Any], sealer: Callable[[], Sealer]) -> None:
    @router.post("/webhooks", response_model=RevealedWebhook, status_code=201)
    def create_webhook(desk: Annotated[Any, Depends(administers)], body: NewWebhook) -> RevealedWebhook:
        """Make an endpoint that takes calls at once. A secret of ours is in this answer and nowhere else."""
        wanted = Wanted(
            body.name, body.scheme, body.endpoint_id, body.workflow, body.secret, body.verifies, body.rate_limit,
            read_manner(body.manner),
        )  # fmt: skip
        with _work(desk) as connection:
            return _revealed(
                endpoints.create_webhook(
                    connection, sealer(), desk.organization, wanted, desk.by(body.reason)
                )
            )

    @router.patch("/webhooks/{endpoint_id}", response_model=WebhookView)
    def change_webhook(
        desk: Annotated[Any, Depends(administers)], endpoint_id: EndpointId, body: WebhookChange
    ) -> WebhookView:
        """Change how an endpoint takes calls, pause it (is_active false) or resume it."""
        manner = None if body.manner is None else read_manner(body.manner)
        change = Change(body.name, body.scheme, manner, body.verifies, body.rate_limit, body.is_active)
        with _work(desk) as connection:
            return _view(
                endpoints.change_webhook(
                    connection, desk.organization, endpoint_id, change, desk.by(body.reason)
                )
            )

    @router.post("/webhooks/{endpoint_id}/replay", response_model=ReplayAnswer)
    def replay_webhook(
        desk: Annotated[Any, Depends(administers)], endpoint_id: EndpointId, body: ReplayWish
    ) -> ReplayAnswer:
        """Count, or let be handled again, the deliveries of a span; what they started is not started again."""
        span = (desk.organization, endpoint_id, body.since, body.until)
        with _work(desk) as connection:
            found = preview_replay(connection, *span)
            done = replay(connection, *span, desk.by(body.reason)) if body.confirm else 0
        return ReplayAnswer(**asdict(found), replayed=done)


def _add_secrets(router: APIRouter, administers: Callable[..., Any], sealer: Callable[[], Sealer]) -> None:
    @router.post("/webhooks/{endpoint_id}/rotate", response_model=RevealedWebhook)
    def rotate_secret(
        desk: Annotated[Any, Depends(administers)], endpoint_id: EndpointId, body: Rotation
    ) -> RevealedWebhook:
        """Give an endpoint a new secret. While the one before counts there is no second rotation (409)."""
        until = utc_now() + timedelta(seconds=body.overlap_seconds)
        with _work(desk) as connection:
            return _revealed(
                endpoints.rotate_secret(
                    connection, sealer(), desk.organization, endpoint_id, until=until, secret=body.secret,
                    by=desk.by(body.reason),
                )
            )  # fmt: skip

    @router.delete("/webhooks/{endpoint_id}", status_code=204)
    def delete_webhook(
        desk: Annotated[Any, Depends(administers)], endpoint_id: EndpointId, reason: str
    ) -> None:
        """Remove an endpoint and its secrets; its address is unknown from then on."""
        with _work(desk) as connection:
            endpoints.delete_webhook(connection, desk.organization, endpoint_id, desk.by(reason))


@contextmanager
def _work(desk: Desk) -> Iterator[Connection]:
    """One audited transaction of the owner; what is not there is a 404."""
    try:
        with desk.deciding() as session, acting_as_migration(session) as connection:
            yield connection
    except WebhookUnknown as cause:
        raise HTTPException(404, cause.fact) from cause


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView.model_validate(webhook.to_json())


def _revealed(made: Revealed) -> RevealedWebhook:
    return RevealedWebhook(webhook=_view(made.webhook), secret=made.secret)
