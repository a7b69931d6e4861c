"""Reads one request within bounds of size, time and memory."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.integrations.webhooks.judge import MAX_BODY_BYTES, Refused, too_large

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_SECONDS = 10.0
MOST_BYTES = 64 * MAX_BODY_BYTES  # of all calls that are not answered yet
SHARE = 4  # one endpoint may have a quarter of that, so that none keeps the others out


class Gone(Exception):
    """The caller hung up before its body was whole."""


@dataclass(slots=True)
class Bounds:
    """How long one body may take and how much may be under way at once."""

    body_seconds: float = BODY_SECONDS
    most_bytes: int = MOST_BYTES
    taken: int = 0
    of: dict[str, int] = field(default_factory=dict)

    def take(self, endpoint: str, size: int) -> bool:
        """Whether so many bytes are free for this endpoint; they are taken then."""
        own = self.of.get(endpoint, 0) + size
        if self.taken + size > self.most_bytes or own > self.most_bytes // SHARE:
            return False
        self.taken += size
        self.of[endpoint] = own
        return True

    def give(self, endpoint: str, size: int) -> None:
        """They are free again."""
        self.taken -= size
        self.of[endpoint] = self.of.get(endpoint, 0) - size
        if self.of[endpoint] <= 0:
            del self.of[endpoint]


@dataclass(slots=True)
class Room:
    """What one call takes of the bounds, `with` it from its reading until it is answered."""

    bounds: Bounds
    endpoint: str
    size: int = 0

    def __enter__(self) -> "Room":
        return self

    def __exit__(self, *_: object) -> None:
        self._keep(0)

    async def read(self, receive: Receive, expected: int | None) -> bytes | Refused:
        """The whole body. Raises Gone."""
        reserved = MAX_BODY_BYTES if expected is None else expected
        if not self.bounds.take(self.endpoint, reserved):
            return Refused(
                503, "busy", "Too much is being received.", "Send it again later.", {"Retry-After": "1"}
            )
        self.size = reserved
        body = await self._in_time(receive)
        if isinstance(body, bytes):
            self._keep(min(len(body), reserved))
        return body

    async def _in_time(self, receive: Receive) -> bytes | Refused:
        deadline = _Deadline(self.bounds.body_seconds)
        try:
            return await _whole(receive)
        except asyncio.CancelledError:
            if not deadline.is_ours():
                raise
            fact = f"The body took longer than {self.bounds.body_seconds:g} seconds."
            return Refused(408, "body_too_slow", fact, "Send it faster.", {"Connection": "close"})
        finally:
            deadline.end()

    def _keep(self, size: int) -> None:
        if size < self.size:
            self.bounds.give(self.endpoint, self.size - size)
            self.size = size


class _Deadline:
    """What asyncio.timeout does, for a third of its time, which every call pays."""

    __slots__ = ("_handle", "_has_passed", "_task")

    def __init__(self, seconds: float) -> None:
        self._task = asyncio.current_task()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._pass)
        self._has_passed = False

    def _pass(self) -> None:
        self._has_passed = True
        if self._task is not None:
            self._task.cancel()

    def is_ours(self) -> bool:
        """Whether nobody but the deadline ended the task."""
        return self._has_passed and self._task is not None and self._task.uncancel() == 0

    def end(self) -> None:
        self._handle.cancel()


async def _whole(receive: Receive) -> bytes | Refused:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        return body if len(body) <= MAX_BODY_BYTES else too_large()
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            return too_large()
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> tuple[Mapping[str, str], frozenset[str], list[str]]:
    """Headers by their name in lower case, the names of those that came twice (they have no value), and X-Forwarded-For."""
    found: dict[str, str] = {}
    repeated: set[str] = set()
    forwarded: list[str] = []
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1").lower()
        # So that what was signed is encoded to the same bytes again.
        value = value_bytes.decode("utf-8", "surrogateescape")
        if name == "x-forwarded-for":
            forwarded.append(value)
        elif name in found or name in repeated:
            found.pop(name, None)
            repeated.add(name)
        else:
            found[name] = value
    return found, frozenset(repeated), forwarded
