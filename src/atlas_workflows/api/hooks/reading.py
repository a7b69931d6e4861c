"""Reads one request within bounds of size, time and memory."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.api.hooks.deadlines import Deadlines
from atlas_workflows.integrations.webhooks.call import MAX_BODY_BYTES
from atlas_workflows.integrations.webhooks.rules import Refused, too_large

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_SECONDS = 10.0
MOST_BYTES = 64 * MAX_BODY_BYTES  # of all calls that are not answered yet
NONE_TWICE: frozenset[str] = frozenset()
MOST_CACHED, MOST_NAMES = 64, 256  # letters of a header's name that is remembered, and how many are
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
    deadlines: Deadlines = field(default_factory=Deadlines)

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
        if self.size:
            self._keep(0)

    async def read(
        self, receive: Receive, expected: int | None, most: int = MAX_BODY_BYTES
    ) -> bytes | Refused:
        """The whole body, of at most `most` bytes. Raises Gone."""
        reserved = most if expected is None else expected
        if not self.bounds.take(self.endpoint, reserved):
            return Refused(
                503, "busy", "Too much is being received.", "Send it again later.", {"Retry-After": "1"}
            )
        self.size = reserved
        deadlines = self.bounds.deadlines
        task = deadlines.begin(self.bounds.body_seconds)
        try:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):  # nearly always
                body: bytes | Refused = message.get("body", b"")
            else:
                body = await _whole(message, receive, most)
        except asyncio.CancelledError:
            if not deadlines.has_ended(task):
                raise
            fact = f"The body took longer than {self.bounds.body_seconds:g} seconds."
            return Refused(408, "body_too_slow", fact, "Send it faster.", {"Connection": "close"})
        finally:
            deadlines.end(task)
        if isinstance(body, Refused):
            return body
        if len(body) > most:
            return too_large(most)
        if len(body) < reserved:
            self._keep(len(body))
        return body

    def _keep(self, size: int) -> None:
        if size < self.size:
            self.bounds.give(self.endpoint, self.size - size)
            self.size = size


async def _whole(message: MutableMapping[str, Any], receive: Receive, most: int) -> bytes | Refused:
    """A body that comes in several parts, of which `message` is the first."""
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


class _Names(dict[bytes, str]):
    """Names of headers in lower case. What strangers send stays here, so only what is short, and not much of it."""

    def __missing__(self, name: bytes) -> str:
        found = name.decode("latin-1").lower()
        if len(name) <= MOST_CACHED and len(self) < MOST_NAMES:
            self[name] = found
        return found


_NAMES = _Names()


def read_headers(
    raw: Iterable[tuple[bytes, bytes]],
) -> tuple[Mapping[str, str], frozenset[str], Sequence[str]]:
    """Headers by their name in lower case, the names of those that came twice (they have no value), and X-Forwarded-For."""
    given = [*raw]
    # Surrogates, so that what was signed is encoded to the same bytes again.
    found = {_NAMES[name]: value.decode("utf-8", "surrogateescape") for name, value in given}
    if len(found) == len(given):  # nearly always
        forwarded = found.pop("x-forwarded-for", None)
        return found, NONE_TWICE, () if forwarded is None else (forwarded,)
    names = Counter(name.decode("latin-1").lower() for name, _ in given)
    lines = [
        value.decode("utf-8", "surrogateescape")
        for name, value in given
        if name.lower() == b"x-forwarded-for"
    ]
    repeated = frozenset(name for name, times in names.items() if times > 1 and name != "x-forwarded-for")
    once = {name: value for name, value in found.items() if names[name] == 1 and name != "x-forwarded-for"}
    return once, repeated, lines
