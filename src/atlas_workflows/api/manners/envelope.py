"""What surrounds every request, as plain ASGI: ids, a bound on the body's size and time, headers, the last word on errors."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog

from atlas_workflows.api.manners.problems import HttpProblem, problem_response
from atlas_workflows.api.manners.refusals import unforeseen

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 20.0
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")
_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Envelope:
    """`headers` are added where an answer has none of that name. Bodies are read whole before the application sees them."""

    def __init__(
        self,
        inner: Application,
        headers: Mapping[str, str],
        *,
        most: int = MOST_BYTES,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self.inner, self.most, self.seconds = inner, most, seconds
        self.headers = _encoded(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        named = _ids(dict(scope["headers"]))
        state = scope.setdefault("state", {})
        began = False

        async def answered(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                present = {name.lower() for name, _ in message["headers"]}
                told = [*self.headers, *named, *_encoded(state.get("allowance", {}))]
                extra = [pair for pair in told if pair[0] not in present]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            body = await _body(scope, receive, self.most, self.seconds)
            await self.inner(scope, _replayed(body, receive), answered)
        except HttpProblem as refused:
            await problem_response(refused)(scope, receive, answered)
        except Exception as error:
            if began:
                raise
            with structlog.contextvars.bound_contextvars(request_id=named[0][1].decode()):
                problem = unforeseen(error)
            await problem_response(problem)(scope, receive, answered)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _ids(headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """X-Request-ID, the caller's where it is one, and the trace's id where traceparent has one."""
    given = headers.get(b"x-request-id", b"")
    request = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex.encode()
    trace = _TRACE.fullmatch(headers.get(b"traceparent", b""))
    return [(b"x-request-id", request), (b"x-trace-id", trace[1] if trace else uuid.uuid4().hex.encode())]


async def _body(scope: Scope, receive: Receive, most: int, seconds: float) -> bytes:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length[:12]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, most)
    except TimeoutError:
        fact = f"The body was not here after {seconds:.0f} seconds."
        raise HttpProblem("timeout", fact, remedy="Send it again.", headers={"Connection": "close"}) from None


async def _whole(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(most: int) -> HttpProblem:
    fact = f"The body has more than {most:,} bytes."
    return HttpProblem("too_large", fact, remedy="Send less at once.", headers={"Connection": "close"})


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
