"""The intake: finds the endpoint, reads the call, judges it, and answers once what it brought is committed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import structlog

from atlas_workflows.api.hooks.answers import (
    AWAY,
    BUSY,
    Answer,
    of_question,
    of_refusal,
    of_stored,
    send_answer,
)
from atlas_workflows.api.hooks.reading import Bounds, Gone, Receive, Room, Scope, Send, read_headers
from atlas_workflows.integrations.webhooks.call import BODILESS, Call
from atlas_workflows.integrations.webhooks.endpoint import MOST_LETTERS, Endpoint
from atlas_workflows.integrations.webhooks.group_commit import GroupCommit, TooBusy
from atlas_workflows.integrations.webhooks.judge import (
    Answered,
    Refused,
    client_address,
    first_look,
    judge,
    second_look,
)
from atlas_workflows.integrations.webhooks.ports import Doors, StoreAway

STANDING: Mapping[bytes, bytes] = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known of the world in front of us: the address providers were given, and how many proxies of ours stand there."""

    public_url: str | None = None
    proxies: int = 0


@dataclass(slots=True)
class Intake:
    """A plain ASGI application."""

    doors: Doors
    commits: GroupCommit
    outside: Outside = Outside()
    clock: Callable[[], float] = time.time
    bounds: Bounds = field(default_factory=Bounds)

    async def receive(self, endpoint_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call to this endpoint."""
        try:
            answer = await self._answer(endpoint_id, scope, receive)
        except Gone:
            return
        await send_answer(send, answer, STANDING, has_body=scope["method"] != "HEAD")

    async def _answer(self, endpoint_id: str, scope: Scope, receive: Receive) -> Answer:
        try:
            found = await self._outcome(endpoint_id, scope, receive)
        except StoreAway as cause:
            log.warning("a webhook cannot be stored", error=str(cause))
            found = AWAY
        except TooBusy:
            found = BUSY
        return of_refusal(found) if isinstance(found, Refused) else found

    async def _outcome(self, endpoint_id: str, scope: Scope, receive: Receive) -> Answer | Refused:
        method = scope["method"]
        endpoint = await self.doors.endpoint(endpoint_id) if _may_exist(endpoint_id) else None
        headers, repeated, forwarded = read_headers(scope["headers"])
        peer = scope["client"][0] if scope.get("client") else None
        address = client_address(peer, forwarded, self.outside.proxies)
        refused = first_look(endpoint, method, address) or second_look(method, headers)
        if refused is not None or endpoint is None:
            return refused or AWAY
        query = scope["query_string"].decode("utf-8", "surrogateescape")
        url = self._url(endpoint, scope, query)
        with Room(self.bounds, endpoint.id) as room:
            body = await _body(room, method, headers, receive)
            if isinstance(body, Refused):
                return body
            return await self._judged(endpoint, Call(method, headers, body, query, url, repeated))

    async def _judged(self, endpoint: Endpoint, call: Call) -> Answer | Refused:
        found = judge(endpoint, call, self.clock(), str(uuid4()))
        if isinstance(found, Refused):
            return found
        if isinstance(found, Answered):
            return of_question(found)
        return of_stored(endpoint, await self.commits.keep(found))

    def _url(self, endpoint: Endpoint, scope: Scope, query: str) -> str | None:
        """What the provider was told to call; what the proxies in front of us made of it is nobody's business."""
        base = endpoint.manner.public_url
        if base is None and self.outside.public_url is not None:
            raw = scope.get("raw_path") or scope["path"].encode()
            base = self.outside.public_url.rstrip("/") + raw.partition(b"?")[0].decode(
                "utf-8", "surrogateescape"
            )
        return base if base is None or not query else f"{base}?{query}"


async def _body(room: Room, method: str, headers: Mapping[str, str], receive: Receive) -> bytes | Refused:
    if method in BODILESS or method == "HEAD":
        return b""
    length = headers.get("content-length")
    return await room.read(receive, None if length is None else int(length))


def endpoint_in(path: str, prefixes: tuple[str, ...]) -> str | None:
    """The id of the endpoint that a path names behind one of the prefixes; None where it stands behind none of them."""
    prefix = next((prefix for prefix in prefixes if path.startswith(prefix)), None)
    return None if prefix is None else path[len(prefix) :].rstrip("/")


def _may_exist(endpoint_id: str) -> bool:
    return 0 < len(endpoint_id) <= MOST_LETTERS and endpoint_id.isprintable()
