"""Endpoints of webhooks: listed, made, changed, paused, given new secrets, their deliveries handled again, removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.hooks.trial import try_endpoint
from atlas_workflows.api.manners.cursors import page, place_of
from atlas_workflows.api.manners.exact import Instant, document_of, reply
from atlas_workflows.api.manners.preconditions import IfMatch, IfNoneMatch, is_known, require_match, tag_of
from atlas_workflows.api.manners.problems import not_found
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import ADMINISTERS, READS, Cursor, Limit, api_router
from atlas_workflows.api.schemas.webhooks import (
    Arrivals,
    DeliveryReplayWish,
    NewWebhook,
    ReplayAnswer,
    RevealedWebhook,
    Rotation,
    Schemes,
    TestAnswer,
    TestWish,
    WebhookChange,
    Webhooks,
    WebhookView,
)
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.exact_json import dumps
from atlas_workflows.integrations.webhooks.manner import read_manner
from atlas_workflows.integrations.webhooks.sample_call import Wish
from atlas_workflows.integrations.webhooks.schemes import all_schemes
from atlas_workflows.secrets.keys import own_sealer
from atlas_workflows.store.webhooks import endpoints
from atlas_workflows.store.webhooks.deliveries import Sought, list_arrivals
from atlas_workflows.store.webhooks.endpoints import (
    Change,
    Revealed,
    Wanted,
    Webhook,
    WebhookUnknown,
    note_test,
)
from atlas_workflows.store.webhooks.replay import preview_replay, replay

COUNTED = ("taken", "limited", "refused", "last_at")  # what calls change by themselves
ROUTER = api_router("webhooks")
Reader = Annotated[Tenant, Depends(READS)]
Admin = Annotated[Tenant, Depends(ADMINISTERS)]
EndpointId = Annotated[
    str, Path(min_length=1, max_length=200, description="The id in its address, its slashes too.")
]


@ROUTER.get("/webhook-schemes", response_model=Schemes)
def list_webhook_schemes(reader: Reader) -> Response:  # noqa: ARG001
    """The ways in which calls can be signed."""
    return reply(Schemes, {"items": list(all_schemes().values())})


@ROUTER.get("/webhooks", response_model=Webhooks)
def list_webhooks(reader: Reader) -> Response:
    """The organization's endpoints by name."""
    with _work(reader) as connection:
        found = endpoints.list_webhooks(connection, reader.organization)
    return reply(Webhooks, {"items": [each.to_json() for each in found]})


@ROUTER.post("/webhooks", response_model=RevealedWebhook, status_code=201)
def create_webhook(admin: Admin, body: NewWebhook) -> Response:
    """Make an endpoint that takes calls at once. A secret of ours is in this answer and nowhere else."""
    workflow = None if body.workflow is None else str(body.workflow)
    wanted = Wanted(
        body.name, body.scheme, body.endpoint_id, workflow, body.secret, body.verifies, body.rate_limit,
        read_manner(body.manner),
    )  # fmt: skip
    with _work(admin) as connection:
        made = endpoints.create_webhook(
            connection, own_sealer(), admin.organization, wanted, admin.by(body.reason)
        )
    return _revealed(made, 201)


@ROUTER.get("/webhooks/{endpoint:path}/deliveries", response_model=Arrivals)
def list_webhook_deliveries(
    reader: Reader,
    endpoint: EndpointId,
    outcome: Annotated[
        Literal["stored", "refused", "passed_over"] | None, Query(description="Only these.")
    ] = None,
    code: Annotated[
        str | None, Query(min_length=1, max_length=60, description="Only with this reason.")
    ] = None,
    event: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Only of this event.")
    ] = None,
    since: Annotated[Instant | None, Query(description="Only from then on.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What came to an endpoint in the last 30 days, the newest first: stored, refused and passed over, each with the reason."""
    listed = f"webhook {endpoint}"
    sought = Sought(outcome, code, event, since, place_of(listed, cursor))
    with _work(reader, endpoint) as connection:
        found = list_arrivals(connection, reader.organization, endpoint, sought, limit + 1)
    return reply(Arrivals, page(listed, found, limit, "at", "id"))


@ROUTER.post("/webhooks/{endpoint:path}/test", response_model=TestAnswer)
def test_webhook(
    admin: Admin, request: Request, endpoint: EndpointId, body: TestWish, key: IdempotencyKey
) -> Response:
    """Sign a sample and send it to the endpoint, by all its rules. Where it is stored, workflows that listen start."""
    # Stored outside of the answer's transaction: where that is lost, the repeat is known by the same id.
    id_ = uuid5(NAMESPACE_URL, f"{admin.organization} {admin.caller.name} {endpoint} {key}")

    def work(session: Connection) -> tuple[int, dict[str, Any]]:
        with acting_as_migration(session) as connection:
            note_test(connection, admin.organization, endpoint, admin.by(body.reason))
        wish = Wish(body.event, body.body)
        tried = try_endpoint(request.app.state.doors.database.dsn, endpoint, wish, f"test-{id_}")
        return 200, document_of(TestAnswer, asdict(tried))

    with _known(endpoint):
        return once(request, admin, key, work)


@ROUTER.get("/webhooks/{endpoint:path}", response_model=WebhookView)
def read_webhook(reader: Reader, endpoint: EndpointId, known: IfNoneMatch = None) -> Response:
    """One endpoint; of its secret only a hint. Its ETag changes with what people set, not with the calls that it takes."""
    with _work(reader, endpoint) as connection:
        found = endpoints.read_webhook(connection, reader.organization, endpoint)
    tag = _tag(found)
    if is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return reply(WebhookView, found.to_json(), headers={"ETag": tag})


@ROUTER.patch("/webhooks/{endpoint:path}", response_model=WebhookView)
def change_webhook(
    admin: Admin, endpoint: EndpointId, body: WebhookChange, match: IfMatch = None
) -> Response:
    """Change how an endpoint takes calls, pause it (is_active false) or resume it."""
    manner = None if body.manner is None else read_manner(body.manner)
    change = Change(body.name, body.scheme, manner, body.verifies, body.rate_limit, body.is_active)
    with _work(admin, endpoint) as connection:
        _require_seen(connection, admin, endpoint, match)
        changed = endpoints.change_webhook(
            connection, admin.organization, endpoint, change, admin.by(body.reason)
        )
    return reply(WebhookView, changed.to_json(), headers={"ETag": _tag(changed)})


@ROUTER.post("/webhooks/{endpoint:path}/rotations", response_model=RevealedWebhook, status_code=201)
def rotate_webhook_secret(admin: Admin, endpoint: EndpointId, body: Rotation) -> Response:
    """Give an endpoint a new secret. While the one before counts there is no second rotation (409), unless `end_overlap` ends it."""
    until = admin.now + timedelta(seconds=body.overlap_seconds)
    with _work(admin, endpoint) as connection:
        made = endpoints.rotate_secret(
            connection, own_sealer(), admin.organization, endpoint, until=until, secret=body.secret,
            by=admin.by(body.reason), end_overlap=body.end_overlap,
        )  # fmt: skip
    return _revealed(made, 201)


@ROUTER.post("/webhooks/{endpoint:path}/replays", response_model=ReplayAnswer)
def replay_webhook_deliveries(
    admin: Admin, request: Request, endpoint: EndpointId, body: DeliveryReplayWish, key: IdempotencyKey
) -> Response:
    """Count, or let be handled again, the deliveries of a span; what they started is not started again."""
    span = (admin.organization, endpoint, body.since, body.until)

    def work(session: Connection) -> tuple[int, dict[str, Any]]:
        with acting_as_migration(session) as connection:
            found = preview_replay(connection, *span)
            done = replay(connection, *span, admin.by(body.reason)) if body.confirm else 0
        return 200, document_of(ReplayAnswer, {**asdict(found), "replayed": done})

    with _known(endpoint):
        return once(request, admin, key, work)


@ROUTER.delete("/webhooks/{endpoint:path}", status_code=204)
def delete_webhook(
    admin: Admin,
    endpoint: EndpointId,
    reason: Annotated[str, Query(min_length=1, max_length=1_000)],
    match: IfMatch = None,
) -> Response:
    """Remove an endpoint and its secrets; its address is unknown from then on."""
    with _work(admin, endpoint) as connection:
        _require_seen(connection, admin, endpoint, match)
        endpoints.delete_webhook(connection, admin.organization, endpoint, admin.by(reason))
    return Response(status_code=204)


@contextmanager
def _work(tenant: Tenant, endpoint: str = "") -> Iterator[Connection]:
    """One transaction of the owner, who alone sees secrets."""
    with _known(endpoint), tenant.deciding() as session, acting_as_migration(session) as connection:
        yield connection


@contextmanager
def _known(endpoint: str) -> Iterator[None]:
    """An endpoint that the organization has not is not found."""
    try:
        yield
    except WebhookUnknown as cause:
        raise not_found("webhook", endpoint) from cause


def _require_seen(connection: Connection, admin: Tenant, endpoint: str, match: str | None) -> None:
    """The state that was read is the one there is, and stays it until the transaction ends."""
    found = endpoints.lock_webhook(connection, admin.organization, endpoint)
    require_match(match, _tag(found), what="webhook")


def _tag(webhook: Webhook) -> str:
    said = {name: value for name, value in webhook.to_json().items() if name not in COUNTED}
    return tag_of(sha256(dumps(said)).hexdigest()[:32])


def _revealed(made: Revealed, status: int) -> Response:
    return reply(RevealedWebhook, {"webhook": made.webhook.to_json(), "secret": made.secret}, status)
