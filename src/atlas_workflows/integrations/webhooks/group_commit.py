"""Group commit: what arrives while one transaction is under way goes into the next, so a commit is paid once for many calls."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import Deliveries, DeliveryUnfit, StoreAway, Stored

AT_ONCE = 100
MOST_WAITING = 2000


class TooBusy(Exception):
    """More wait than can be stored in time; the caller shall come again."""


@dataclass(slots=True)
class GroupCommit:
    """One writer for all calls of a process. A delivery is answered for once its transaction is committed, never before."""

    deliveries: Deliveries
    at_once: int = AT_ONCE
    most_waiting: int = MOST_WAITING
    _waiting: deque[tuple[Delivery, asyncio.Future[Stored]]] = field(default_factory=deque)
    _writer: asyncio.Task[None] | None = None

    async def keep(self, delivery: Delivery) -> Stored:
        """Store it with the others that wait. Raises StoreAway and TooBusy; then nothing is stored, or a repeat finds it."""
        if len(self._waiting) >= self.most_waiting:
            raise TooBusy
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever was just answered calls again: let them come along
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.at_once))]
            found = await self._keep([delivery for delivery, _ in batch])
            for (_, answer), one in zip(batch, found, strict=True):
                _tell(answer, one)

    async def _keep(self, batch: Sequence[Delivery]) -> Sequence[Stored | Exception]:
        """One that cannot be held is looked for by halves: its neighbours are stored all the same."""
        try:
            return await self.deliveries.keep(batch)
        except DeliveryUnfit:
            if len(batch) == 1:
                return [Stored.UNFIT]
        except Exception as cause:  # whatever it is, nobody may wait for ever
            return [cause] * len(batch)
        middle = len(batch) // 2
        return [*await self._keep(batch[:middle]), *await self._keep(batch[middle:])]


def _tell(answer: asyncio.Future[Stored], found: Stored | Exception) -> None:
    if answer.done():  # whoever waited is gone
        return
    if isinstance(found, Exception):
        answer.set_exception(found if isinstance(found, StoreAway) else StoreAway(type(found).__name__))
    else:
        answer.set_result(found)
