"""What was refused, counted by endpoint, reason and address, and written beside the answers: nobody waits for it.

A row stands for all refusals of a minute with the same reason from the same address, so that whoever floods an endpoint fills
no table. Of the body nothing is kept, but what a condition compared.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from atlas_workflows.integrations.webhooks.endpoint import Endpoint

PAUSE_SECONDS = 0.2
AWAY_PAUSES = 25  # more of them while nothing can be written
MOST_ADDRESSES = 10  # of one endpoint and reason between two writings; the others are counted without theirs
MOST_ROWS = 5_000
MOST_LETTERS = 500
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refusal:
    """`times` refusals with one reason; `fact`, `event` and `address` are the last one's."""

    endpoint: Endpoint
    status: int
    code: str
    fact: str
    address: str | None = None
    event: str | None = None
    times: int = 1


class RefusalStore(Protocol):
    """Keeps them."""

    async def keep_refusals(self, refusals: Sequence[Refusal]) -> None:
        """Add them to what is counted. Raises StoreAway."""
        ...


@dataclass(slots=True)
class RefusalNotes:
    """Counts in memory and writes at most five times a second. What is not written within a fifth of a second of a kill is lost."""

    store: RefusalStore
    pause: float = PAUSE_SECONDS
    _counted: dict[tuple[str, str, str | None], Refusal] = field(default_factory=dict)
    _shown: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _dropped: int = 0  # since the log was told
    _writer: asyncio.Task[None] | None = None
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, refusal: Refusal) -> None:
        """Count one."""
        address = self._shown_address(refusal)
        key = (refusal.endpoint.id, refusal.code, address)
        known = self._counted.get(key)
        if known is None and len(self._counted) >= MOST_ROWS:
            self._dropped += refusal.times
            return
        times = refusal.times + (known.times if known else 0)
        self._counted[key] = replace(
            refusal,
            address=address,
            times=times,
            fact=fit_text(refusal.fact),
            event=_fit_event(refusal.event),
        )
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def written(self) -> None:
        """Write what is counted so far, at the end of a process or a trial."""
        self._hurry.set()
        if self._writer is not None:
            await asyncio.wait([self._writer])
        self._hurry.clear()

    def _shown_address(self, refusal: Refusal) -> str | None:
        if not refusal.address:
            return None
        seen = self._shown.setdefault((refusal.endpoint.id, refusal.code), set())
        if refusal.address not in seen and len(seen) >= MOST_ADDRESSES:
            return None
        seen.add(refusal.address)
        return fit_text(refusal.address)[:80]

    async def _write(self) -> None:
        pause = self.pause
        while self._counted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause)
            pause = self.pause * (1 if await self._write_once() else AWAY_PAUSES)
            if self._hurry.is_set():
                return

    async def _write_once(self) -> bool:
        taken, self._counted, self._shown = [*self._counted.values()], {}, {}
        if self._dropped:
            log.warning("refusals of webhooks are too many to be noted", times=self._dropped)
            self._dropped = 0
        if not taken:
            return True
        try:
            await self.store.keep_refusals(taken)
        except Exception as cause:  # whatever it is, what was counted is not lost for it
            log.warning(
                "refusals of webhooks cannot be noted",
                error=str(cause),
                times=sum(each.times for each in taken),
            )
            for each in taken:
                self._put_back(each)
            return False
        return True

    def _put_back(self, refusal: Refusal) -> None:
        """Beside what was counted meanwhile, which is newer."""
        key = (refusal.endpoint.id, refusal.code, refusal.address)
        newer = self._counted.get(key)
        times = refusal.times + (newer.times if newer else 0)
        self._counted[key] = replace(newer or refusal, times=times)


def fit_text(text: str) -> str:
    """What a text column can hold of it."""
    return text[:MOST_LETTERS].replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _fit_event(event: str | None) -> str | None:
    return None if event is None else fit_text(event)[:200]
