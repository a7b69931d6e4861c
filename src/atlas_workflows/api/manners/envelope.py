"""What surrounds every request, as plain ASGI: ids, bounds of the body, headers, the last word on errors."""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect

from atlas_workflows.api.manners.bodies import Body, Bounds, Message, Receive, Scope
from atlas_workflows.api.manners.problems import HttpProblem, problem_response
from atlas_workflows.api.manners.refusals import unforeseen

Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")
_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Envelope:
    """`headers` are added where an answer has none of that name. A body is read when the application asks for it, whole."""

    def __init__(
        self, inner: Application, headers: Mapping[str, str], *, bounds: Bounds | None = None
    ) -> None:
        self.inner, self.bounds = inner, bounds or Bounds()
        self.headers = _encoded(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        named = _ids(dict(scope["headers"]))
        state = scope.setdefault("state", {})
        state["request_id"] = named[0][1].decode()
        body = Body(scope, receive, self.bounds)
        began = False

        async def answered(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                present = {name.lower() for name, _ in message["headers"]}
                told = [*self.headers, *named, *_encoded(state.get("allowance", {}))]
                told += [(b"connection", b"close")] if body.is_left() else []
                extra = [pair for pair in told if pair[0] not in present]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self.inner(scope, body.receive, answered)
        except ClientDisconnect:
            return
        except Exception as error:
            if began:
                raise
            with structlog.contextvars.bound_contextvars(request_id=state["request_id"]):
                problem = error if isinstance(error, HttpProblem) else unforeseen(error)
            await problem_response(problem)(scope, receive, answered)
        finally:
            body.let_go()


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _ids(headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """X-Request-ID, the caller's where it is one, and the trace's id where traceparent has one."""
    given = headers.get(b"x-request-id", b"")
    request = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex.encode()
    trace = _TRACE.fullmatch(headers.get(b"traceparent", b""))
    return [(b"x-request-id", request), (b"x-trace-id", trace[1] if trace else uuid.uuid4().hex.encode())]
