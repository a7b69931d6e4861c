"""Puts the intake beside an application: paths of webhooks never reach its middleware or routes."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from atlas_workflows.api.hooks.intake import Intake, Outside, endpoint_in
from atlas_workflows.api.hooks.reading import Receive, Scope, Send
from atlas_workflows.integrations.webhooks.doors import RememberedDoors
from atlas_workflows.integrations.webhooks.group_commit import GroupCommit
from atlas_workflows.integrations.webhooks.refusals import RefusalNotes
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.settings import load_settings
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
# Ours, and those that callers of the old applications know; behind each stands the id of the endpoint.
PREFIXES = (
    "/hooks/",
    "/atlas/hooks/",
    "/api/v2/webhooks/receive/",
    "/api/automations/webhooks/receive/",
    "/api/webhooks/receive/",
)


def intake_of(dsn: Callable[[], str]) -> Callable[[], Intake]:
    """Makes the intake over the database at `dsn()` and with the settings as they are when it is asked to."""

    def make() -> Intake:
        settings = with_secret_key(load_settings())
        store = PostgresWebhooks(dsn(), Sealer(settings.secret_keys))
        outside = Outside(settings.public_url, settings.trusted_proxies)
        return Intake(
            RememberedDoors(store, time.monotonic), GroupCommit(store), RefusalNotes(store), outside
        )

    return make


class WebhooksBeside:
    """Pure ASGI middleware: `application.add_middleware(WebhooksBeside, intake=intake_of(dsn))`.

    Added last it stands in front of all others. The intake is made at the first call, in the loop that serves it.
    """

    def __init__(
        self, app: Application, intake: Callable[[], Intake], prefixes: tuple[str, ...] = PREFIXES
    ) -> None:
        self.app, self.make, self.prefixes = app, intake, prefixes
        self._intake: Intake | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the call to whom it is for."""
        endpoint_id = endpoint_in(scope["path"], self.prefixes) if scope["type"] == "http" else None
        if endpoint_id is None:
            await self.app(scope, self._to_the_end(receive) if scope["type"] == "lifespan" else receive, send)
            return
        if self._intake is None:
            self._intake = self.make()
        await self._intake.receive(endpoint_id, scope, receive, send)

    def _to_the_end(self, receive: Receive) -> Receive:
        """What was refused until the server ends is noted before it does."""

        async def until_shutdown() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._intake is not None:
                await self._intake.notes.written()
            return message

        return until_shutdown
