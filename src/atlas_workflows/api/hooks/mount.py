"""Puts the intake beside an application: paths of webhooks never reach its middleware or routes."""

from collections.abc import Awaitable, Callable

from atlas_workflows.api.hooks.intake import Intake, endpoint_in
from atlas_workflows.api.hooks.reading import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
# Ours, and those that callers of the old applications know; behind each stands the id of the endpoint.
PREFIXES = (
    "/hooks/",
    "/atlas/hooks/",
    "/api/v2/webhooks/receive/",
    "/api/automations/webhooks/receive/",
    "/api/webhooks/receive/",
)


class WebhooksBeside:
    """Pure ASGI middleware: `application.add_middleware(WebhooksBeside, intake=…)`. `intake` is made at the first call."""

    def __init__(
        self, app: Application, intake: Callable[[], Intake], prefixes: tuple[str, ...] = PREFIXES
    ) -> None:
        self.app, self.make, self.prefixes = app, intake, prefixes
        self._intake: Intake | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the call to whom it is for."""
        endpoint_id = endpoint_in(scope["path"], self.prefixes) if scope["type"] == "http" else None
        if endpoint_id is None:
            await self.app(scope, receive, send)
            return
        if self._intake is None:
            self._intake = self.make()
        await self._intake.receive(endpoint_id, scope, receive, send)
