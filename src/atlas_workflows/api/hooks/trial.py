"""Tries an endpoint with a signed call of our own making, which goes the way of every call."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from atlas_workflows.api.hooks.answers import AWAY
from atlas_workflows.api.hooks.intake import Intake
from atlas_workflows.api.hooks.mount import PREFIXES, intake_of
from atlas_workflows.integrations.webhooks.ports import StoreAway
from atlas_workflows.integrations.webhooks.sample_call import Wish, sample_call, with_own_headers
from atlas_workflows.store.webhooks.endpoints import WebhookUnknown
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

OURSELVES = ("127.0.0.1", 0)


@dataclass(frozen=True, slots=True)
class Tried:
    """What the endpoint answered; `code` and `detail` say why it was refused."""

    status: int
    code: str | None
    detail: str


def try_endpoint(dsn: Callable[[], str], endpoint_id: str, wish: Wish, id_: str) -> Tried:
    """With this id of the call, from a thread of its own. Raises WebhookUnknown, InputError."""
    return asyncio.run(_try(intake_of(dsn)(), endpoint_id, wish, id_))


async def _try(intake: Intake, endpoint_id: str, wish: Wish, id_: str) -> Tried:
    try:
        return await _send(intake, endpoint_id, wish, id_)
    except StoreAway as cause:  # as a caller would hear it, and why
        return Tried(AWAY.status, AWAY.code, str(cause))
    finally:
        await intake.notes.written()
        if isinstance(intake.commits.deliveries, PostgresWebhooks):
            await intake.commits.deliveries.close()


async def _send(intake: Intake, endpoint_id: str, wish: Wish, id_: str) -> Tried:
    endpoint = await intake.doors.endpoint(endpoint_id)
    if endpoint is None:
        raise WebhookUnknown(f"There is no webhook {endpoint_id[:60]!r}.", remedy="See `atlas webhook list`.")
    path = PREFIXES[0] + endpoint_id
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "client": OURSELVES,
    }  # fmt: skip
    url = intake.url_of(endpoint, scope, "")
    call = with_own_headers(endpoint, sample_call(endpoint, wish, url=url, at=int(time.time()), id_=id_))
    scope["headers"] = [(name.encode(), value.encode()) for name, value in call.headers.items()]
    heard: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: Any) -> None:
        heard.append(message)

    await intake.receive(endpoint_id, scope, receive, send)
    return _heard(heard[0]["status"], heard[1]["body"])


def _heard(status: int, body: bytes) -> Tried:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Tried(status, None, body.decode("utf-8", "replace")[:500])
    return Tried(status, said.get("code"), said.get("detail") or said.get("status") or "")
