"""Bodies of requests: read whole when they are first asked for, within bounds of size, time and memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows.api.manners.problems import HttpProblem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

MOST_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 20.0
MOST_HELD = 16 * MOST_BYTES  # of all bodies that are being read or worked on
_CLOSE = {"Connection": "close"}


@dataclass(slots=True)
class Bounds:
    """How large one body may be, how long it may take, and how much may be held at once; `held` is how much is."""

    most: int = MOST_BYTES
    seconds: float = BODY_SECONDS
    most_held: int = MOST_HELD
    held: int = 0


class Body:
    """One request's body. Whoever is refused before he is asked for it sends it to nobody."""

    def __init__(self, scope: Scope, receive: Receive, bounds: Bounds) -> None:
        self._receive, self._bounds = receive, bounds
        self._expected = _expected(dict(scope["headers"]), bounds.most)
        self._reserved, self._is_read = 0, False

    async def receive(self) -> Message:
        """The whole body as one message, then what comes after it. Raises HttpProblem."""
        if self._is_read:
            return await self._receive()
        self._reserve()
        try:
            async with asyncio.timeout(self._bounds.seconds):
                message = await self._whole()
        except TimeoutError:
            fact = f"The body was not here after {self._bounds.seconds:.0f} seconds."
            raise HttpProblem("timeout", fact, remedy="Send it again.", headers=_CLOSE) from None
        self._is_read = True
        return message

    def is_left(self) -> bool:
        """Whether there is a body that nobody has read; what it is sent on cannot be used for another request."""
        return self._expected > 0 and not self._is_read

    def let_go(self) -> None:
        """The request is answered."""
        self._bounds.held -= self._reserved
        self._reserved = 0

    def _reserve(self) -> None:
        if self._expected > self._bounds.most:
            raise _too_large(self._bounds.most)
        if self._bounds.held + self._expected - self._reserved > self._bounds.most_held:
            raise HttpProblem(
                "unavailable", "Too much is being received.", remedy="Send it again in a moment.",
                headers={"Retry-After": "1", **_CLOSE},
            )  # fmt: skip
        self._bounds.held += self._expected - self._reserved
        self._reserved = self._expected

    async def _whole(self) -> Message:
        parts, size = list[bytes](), 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return message
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._bounds.most:
                raise _too_large(self._bounds.most)
            if not message.get("more_body", False):
                return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _expected(headers: Mapping[bytes, bytes], most: int) -> int:
    """How many bytes come, as far as it is said; as many as may come where it is not."""
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        return int(length[:12])
    return most if b"transfer-encoding" in headers else 0


def _too_large(most: int) -> HttpProblem:
    return HttpProblem(
        "too_large", f"The body has more than {most:,} bytes.", remedy="Send less at once.", headers=_CLOSE
    )
