"""The intake over both stores, with endpoints that the tests here make, and callers that sign."""

import asyncio
import hashlib
import hmac
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx
from cryptography.fernet import Fernet
from world import ONE, PostgresWorld

from atlas_workflows.api.hooks.intake import Intake, Outside
from atlas_workflows.api.hooks.mount import WebhooksBeside
from atlas_workflows.api.hooks.reading import Bounds
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.integrations.webhooks.doors import RememberedDoors
from atlas_workflows.integrations.webhooks.endpoint import Endpoint, endpoint_of
from atlas_workflows.integrations.webhooks.group_commit import GroupCommit
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.memory import MemoryWebhooks
from atlas_workflows.integrations.webhooks.ports import Stored
from atlas_workflows.integrations.webhooks.refusals import RefusalNotes
from atlas_workflows.integrations.webhooks.schemes import scheme_named
from atlas_workflows.integrations.webhooks.verify import Secret
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks.endpoints import Change, Wanted, change_webhook, create_webhook
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

sys.path.append(str(Path(__file__).parents[1] / "integrations"))

KEY = Fernet.generate_key().decode()
SECRET = "0123456789abcdef0123456789abcdef"
ADA = By("ada", "trial")


class Hooks(Protocol):
    """What the contract tests need of a store."""

    def add(self, endpoint_id: str, organization: str = ONE, **more: Any) -> Endpoint: ...
    def pause(self, endpoint_id: str) -> None: ...
    def keep(self, *deliveries: Delivery) -> list[Stored]: ...
    def over(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any: ...
    def events(self) -> list[tuple[str, str | None, Any]]: ...
    def later(self, seconds: float) -> None: ...


@dataclass(slots=True)
class MemoryHooks:
    now: float = 1_800_000_000.0
    store: MemoryWebhooks = field(init=False)

    def __post_init__(self) -> None:
        self.store = MemoryWebhooks(lambda: self.now)

    def add(self, endpoint_id: str, organization: str = ONE, **more: Any) -> Endpoint:
        manner, scheme = more.pop("manner", Manner()), scheme_named(more.pop("scheme", "atlas"))
        secrets = (Secret(more.pop("secret", SECRET)),)
        found = endpoint_of(str(uuid4()), organization, endpoint_id, scheme, manner, secrets=secrets, **more)
        self.store.endpoints[endpoint_id] = found
        return found

    def pause(self, endpoint_id: str) -> None:
        self.store.endpoints[endpoint_id] = replace(self.store.endpoints[endpoint_id], is_open=False)

    def keep(self, *deliveries: Delivery) -> list[Stored]:
        return asyncio.run(self.store.keep(deliveries))

    def over(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        return asyncio.run(work(self.store))

    def events(self) -> list[tuple[str, str | None, Any]]:
        return [(each.endpoint.organization, each.subject, each.trigger) for each in self.store.events]

    def later(self, seconds: float) -> None:
        self.now += seconds


@dataclass(slots=True)
class PostgresHooks:
    """Time passes by making what is stored older."""

    world: PostgresWorld

    def add(self, endpoint_id: str, organization: str = ONE, **more: Any) -> Endpoint:
        wanted = Wanted(
            endpoint_id, more.pop("scheme", "atlas"), endpoint_id, secret=more.pop("secret", SECRET), **more
        )
        with acting_as_migration(self.world.connection) as connection:
            create_webhook(connection, Sealer((KEY,)), organization, wanted, ADA)
        found = self.over(lambda store: store.endpoint(endpoint_id))
        assert isinstance(found, Endpoint)
        return found

    def pause(self, endpoint_id: str) -> None:
        with acting_as_migration(self.world.connection) as connection:
            change_webhook(connection, ONE, endpoint_id, Change(is_active=False), ADA)

    def keep(self, *deliveries: Delivery) -> list[Stored]:
        found: list[Stored] = self.over(lambda store: store.keep(deliveries))
        return found

    def over(self, work: Callable[[PostgresWebhooks], Coroutine[Any, Any, Any]]) -> Any:
        async def once() -> Any:
            store = PostgresWebhooks(self.world.dsn, Sealer((KEY,)))
            try:
                return await work(store)
            finally:
                await close(store)

        return asyncio.run(once())

    def events(self) -> list[tuple[str, str | None, Any]]:
        rows = self.world.rows(
            "SELECT organization_id::text, subject, data -> 'trigger' FROM atlas.event_outbox ORDER BY id"
        )
        return [(organization, subject, trigger) for organization, subject, trigger in rows]

    def later(self, seconds: float) -> None:
        for table, column in (("webhook_deliveries", "received_at"), ("webhook_rates", "full_at")):
            self.world.connection.execute(
                f"UPDATE atlas.{table} SET {column} = {column} - make_interval(secs => %s)", [seconds]
            )


async def close(store: PostgresWebhooks) -> None:
    """End its sessions, as the end of a process does."""
    await store.close()


def delivery(endpoint: Endpoint, key: str, **more: Any) -> Delivery:
    said = {"trigger": {"endpoint_id": endpoint.endpoint_id, "method": "POST", "n": key}, **more}
    return Delivery(
        endpoint, str(uuid4()), key, said.get("seconds"), said.get("event"), said.get("subject"), said.get("order"), said["trigger"]
    )  # fmt: skip


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """Headers of a call in our own scheme."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-atlas-timestamp": stamp,
        "x-atlas-signature": f"sha256={digest}",
    }


def intake_over(store: Any, clock: Callable[[], float] = time.time, **more: Any) -> Intake:
    doors = RememberedDoors(store, time.monotonic, seconds=0)
    return Intake(
        doors,
        GroupCommit(store),
        RefusalNotes(store, pause=0.0),
        more.get("outside", Outside()),
        clock,
        more.get("bounds", Bounds()),
    )


async def nothing_else(scope: Any, receive: Any, send: Any) -> None:
    """The application beside which the intake stands."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def calls(intake: Intake, *requests: httpx.Request, peer: str = "198.51.100.7") -> list[httpx.Response]:
    """Send requests at once, each to the whole application."""

    async def send() -> Sequence[httpx.Response]:
        transport = httpx.ASGITransport(WebhooksBeside(nothing_else, lambda: intake), client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy.internal") as client:
            found = await asyncio.gather(*(client.send(request) for request in requests))
        await intake.notes.written()
        store = intake.commits.deliveries
        if isinstance(store, PostgresWebhooks):
            await close(store)
        return found

    return list(asyncio.run(send()))


def post(
    endpoint_id: str, body: bytes, headers: dict[str, str] | None = None, path: str = "/hooks/"
) -> httpx.Request:
    given = signed(body) if headers is None else headers
    return httpx.Request("POST", f"http://proxy.internal{path}{endpoint_id}", headers=given, content=body)
