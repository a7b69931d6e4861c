"""Sends a signed call of our own making over HTTP, as a provider would."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import uuid4

from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.ports import StoreAway
from atlas_workflows.integrations.webhooks.sample_call import Wish, sample_call, with_own_headers
from atlas_workflows.secrets.keys import own_sealer
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.store.webhooks.endpoints import WebhookUnknown
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

PATH = "/hooks/"
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer as it came."""

    status: int
    said: str


def send_sample(dsn: str, endpoint_id: str, wish: Wish, url: str | None = None) -> Sent:
    """Raises WebhookUnknown and InputError, also where nobody listens."""
    settings = load_settings()
    endpoint = endpoint_at(dsn, endpoint_id, settings)
    return post(
        made_call(endpoint, wish, settings),
        f"{(url or _served_at(settings)).rstrip('/')}{PATH}{quote(endpoint_id)}",
    )


def endpoint_at(dsn: str, endpoint_id: str, settings: Settings) -> Endpoint:
    """The endpoint as the intake of these settings knows it. Raises WebhookUnknown, and InputError where it cannot be read."""

    async def found() -> Endpoint | None:
        store = PostgresWebhooks(dsn, own_sealer(settings))
        try:
            return await store.endpoint(endpoint_id)
        finally:
            await store.close()

    try:
        with ThreadPoolExecutor(1) as thread:  # where a loop runs already, as a browser's does, no other can
            endpoint = thread.submit(asyncio.run, found()).result()
    except StoreAway as cause:
        raise InputError(
            f"The endpoint cannot be read: {cause}",
            remedy="See that the database answers and that ATLAS_SECRET_KEYS holds the key of its secret.",
        ) from cause
    if endpoint is None:
        raise WebhookUnknown(f"There is no webhook {endpoint_id[:60]!r}.", remedy="See `atlas webhook list`.")
    return endpoint


def made_call(endpoint: Endpoint, wish: Wish, settings: Settings, id_: str | None = None) -> Call:
    """A call that is signed now."""
    base = endpoint.manner.public_url or (
        None
        if settings.public_url is None
        else f"{settings.public_url.rstrip('/')}{PATH}{quote(endpoint.endpoint_id)}"
    )
    made = sample_call(endpoint, wish, url=base, at=int(time.time()), id_=id_ or f"test-{uuid4()}")
    return with_own_headers(endpoint, made)


def post(call: Call, address: str) -> Sent:
    """Raises InputError where nobody listens."""
    import httpx

    is_here = urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")  # no proxy leads to ourselves
    try:
        answer = httpx.post(
            address,
            content=call.body,
            headers=[(name.encode(), value.encode()) for name, value in call.headers.items()],
            timeout=PATIENCE_SECONDS,
            trust_env=not is_here,
        )
    except httpx.HTTPError as cause:
        raise InputError(
            f"{address} does not answer: {cause}.",
            remedy="Start `atlas serve`, or say with --url where it listens.",
        ) from cause
    return Sent(answer.status_code, answer.text.strip()[:500])


def _served_at(settings: Settings) -> str:
    return (settings.public_url or f"http://127.0.0.1:{settings.api_port}").rstrip("/")
