"""The intake: finds the endpoint, reads the call, judges it, and answers once what it brought is committed."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from atlas_workflows.api.hooks.answers import (
    AWAY,
    BUSY,
    Answer,
    of_passed_over,
    of_question,
    of_refusal,
    of_stored,
    refusal_of,
    send_answer,
)
from atlas_workflows.api.hooks.reading import Bounds, Gone, Receive, Room, Scope, Send, read_headers
from atlas_workflows.integrations.webhooks.address_rates import AddressRates
from atlas_workflows.integrations.webhooks.call import BODILESS, Call
from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.group_commit import GroupCommit, TooBusy
from atlas_workflows.integrations.webhooks.judge import Answered, Delivery, judge
from atlas_workflows.integrations.webhooks.manner import MOST_LETTERS
from atlas_workflows.integrations.webhooks.ports import Doors, StoreAway
from atlas_workflows.integrations.webhooks.refusals import Refusal, RefusalNotes
from atlas_workflows.integrations.webhooks.rules import (
    UNKNOWN,
    PassedOver,
    Refused,
    client_address,
    first_look,
    second_look,
)

TOO_FAST = Refused(
    429, "address_limited", "This address calls more often than the endpoint lets one.", "Send it again later.",
    {"Retry-After": "1"},
)  # fmt: skip
PASSED_OVER = 200  # what is noted of it; the provider hears its own success
VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}  # of RFC 9562
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
    notes: RefusalNotes
    outside: Outside = Outside()
    clock: Callable[[], float] = time.time
    bounds: Bounds = field(default_factory=Bounds)
    addresses: AddressRates = field(default_factory=lambda: AddressRates(time.monotonic))

    async def receive(self, endpoint_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call to this endpoint."""
        try:
            endpoint = await self.doors.endpoint(endpoint_id) if _may_exist(endpoint_id) else None
            answer = of_refusal(UNKNOWN) if endpoint is None else await self._answer(endpoint, scope, receive)
        except StoreAway as cause:  # nobody knows whose endpoint it is
            log.warning("a webhook's endpoint cannot be looked up", error=str(cause))
            answer = of_refusal(AWAY)
        except Gone:
            return
        await send_answer(send, answer, has_body=scope["method"] != "HEAD")

    async def _answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Answer:
        headers, repeated, forwarded = read_headers(scope["headers"])
        client = scope.get("client")
        address = client_address(client[0] if client else None, forwarded, self.outside.proxies)
        found = self._looked_at(endpoint, scope["method"], headers, address)
        if found is None:
            found = await self._outcome(endpoint, scope, receive, headers, repeated)
        if isinstance(found, Answer):
            return found
        if isinstance(found, PassedOver):
            self.notes.note(Refusal(endpoint, PASSED_OVER, found.code, found.fact, address, found.event))
            return of_passed_over(endpoint, found)
        self.notes.note(Refusal(endpoint, found.status, found.code, found.fact, address))
        return of_refusal(found)

    def _looked_at(
        self, endpoint: Endpoint, method: str, headers: Mapping[str, str], address: str | None
    ) -> Answer | PassedOver | Refused | None:
        """Why nothing of the body needs to be read; None where it does."""
        refused = first_look(endpoint, method, address, headers, self.clock()) or second_look(
            endpoint, method, headers
        )
        if refused is not None:
            return refused
        most = endpoint.manner.per_address
        if most is not None and not self.addresses.has_room(endpoint.id, address, most):
            return TOO_FAST
        return None

    async def _outcome(
        self,
        endpoint: Endpoint,
        scope: Scope,
        receive: Receive,
        headers: Mapping[str, str],
        repeated: frozenset[str],
    ) -> Answer | PassedOver | Refused:
        method, query = scope["method"], scope["query_string"].decode("utf-8", "surrogateescape")
        with Room(self.bounds, endpoint.id) as room:
            body: bytes | Refused = b""
            if method not in BODILESS and method != "HEAD":
                length = headers.get("content-length")
                body = await room.read(receive, None if length is None else int(length), endpoint.max_bytes)
            if isinstance(body, Refused):
                return body
            call = Call(method, headers, body, query, self.url_of(endpoint, scope, query), repeated)
            found = judge(endpoint, call, self.clock(), new_id())
            if not isinstance(found, Delivery):
                return of_question(found) if isinstance(found, Answered) else found
            try:
                stored = await self.commits.keep(found)
            except StoreAway as cause:
                log.warning("a webhook cannot be stored", error=str(cause))
                return AWAY
            except TooBusy:
                return BUSY
            return of_stored(endpoint, stored) or refusal_of(endpoint, stored)

    def url_of(self, endpoint: Endpoint, scope: Scope, query: str) -> str | None:
        """What the provider was told to call; what the proxies in front of us made of it is nobody's business."""
        if not endpoint.scheme.signs_url:
            return None
        base = endpoint.manner.public_url
        if base is None and self.outside.public_url is not None:
            raw = scope.get("raw_path") or scope["path"].encode()
            base = self.outside.public_url.rstrip("/") + raw.partition(b"?")[0].decode(
                "utf-8", "surrogateescape"
            )
        return base if base is None or not query else f"{base}?{query}"


def endpoint_in(path: str, prefixes: tuple[str, ...]) -> str | None:
    """The id of the endpoint that a path names behind one of the prefixes; None where it stands behind none of them."""
    for prefix in prefixes:
        if path.startswith(prefix):
            return path[len(prefix) :].rstrip("/")
    return None


def new_id() -> str:
    """A random UUID of version 4, for a fifth of the time that uuid.uuid4 and its text take."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{VARIANT[text[16]]}{text[17:20]}-{text[20:]}"


def _may_exist(endpoint_id: str) -> bool:
    return 0 < len(endpoint_id) <= MOST_LETTERS and endpoint_id.isprintable()
