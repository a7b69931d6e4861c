"""Server-sent events: a few streams per caller, each for some minutes, with a heartbeat while nothing happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.exact_json import dumps_text

MOST_PER_CALLER = 2
HEARTBEAT = ": still here\n\n"
# What to say next: (id, document) behind a place.
Look = Callable[[str], Sequence[tuple[str, Mapping[str, Any]]]]


@dataclass
class Streams:
    """Which streams are open. A stream ends after `seconds`, and who reads it comes again: its credentials are asked anew then."""

    seconds: float = 300.0
    pause: float = 1.0
    heartbeat: float = 15.0
    clock: Callable[[], float] = time.monotonic
    _ends: dict[str, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def open(self, caller: str, place: str, look: Look) -> StreamingResponse:
        """A stream from a place on. Raises HttpProblem (429) where the caller has as many as it may."""
        end = self._enter(caller)
        return StreamingResponse(
            self._told(caller, end, place, look),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    def _enter(self, caller: str) -> float:
        now = self.clock()
        with self._lock:
            ends = [end for end in self._ends.get(caller, ()) if end > now]
            if len(ends) >= MOST_PER_CALLER:
                fact = f"You have {len(ends)} streams open."
                wait = str(max(1, round(min(ends) - now)))
                raise HttpProblem(
                    "rate_limited", fact, remedy="Close one of them.", headers={"Retry-After": wait}
                )
            self._ends[caller] = [*ends, now + self.seconds]
        return now + self.seconds

    def _leave(self, caller: str, end: float) -> None:
        with self._lock:
            left = [each for each in self._ends.get(caller, ()) if each != end]
            self._ends[caller] = left
            if not left:
                del self._ends[caller]

    async def _told(self, caller: str, end: float, place: str, look: Look) -> AsyncIterator[str]:
        said = self.clock()
        try:
            yield f"retry: 2000\nid: {place}\n\n"
            while True:
                for named, document in await run_in_threadpool(look, place):
                    place, said = named, self.clock()
                    yield f"id: {named}\nevent: change\ndata: {dumps_text(dict(document))}\n\n"
                if self.clock() >= end:
                    return
                if self.clock() - said >= self.heartbeat:
                    said = self.clock()
                    yield HEARTBEAT
                await asyncio.sleep(self.pause)
        finally:
            self._leave(caller, end)
