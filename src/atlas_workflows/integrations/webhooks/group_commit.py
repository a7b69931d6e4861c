"""Group commit: what arrives while one transaction is under way goes into the next, so a commit is paid once for many calls."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import Deliveries, DeliveryUnfit, StoreAway, Stored

AT_ONCE = 100
MOST_WAITING = 2000
# While the database stores the first one's batch, the server makes up the second one's; a third would find nothing to do.
WRITERS = 2
Waiting = tuple[Delivery, "asyncio.Future[Stored]"]
Order = tuple[str, str]  # endpoint and order key


class TooBusy(Exception):
    """More wait than can be stored in time; the caller shall come again."""


@dataclass(slots=True)
class GroupCommit:
    """A few writers for all calls of a process. A delivery is answered for once its transaction is committed, never before.

    One that shares its order with another that is being stored waits until that is done: the event of the later one gets the
    later id, whichever writer is the faster.
    """

    deliveries: Deliveries
    at_once: int = AT_ONCE
    most_waiting: int = MOST_WAITING
    writers: int = WRITERS
    _waiting: deque[Waiting] = field(default_factory=deque)
    # By the orders that are being stored, what comes later in each of them.
    _held: dict[Order, list[Waiting]] = field(default_factory=dict)
    _holding: int = 0
    _enough: int = 1
    _sizes: dict["asyncio.Task[None]", int] = field(default_factory=dict)

    def keep(self, delivery: Delivery) -> "asyncio.Future[Stored]":
        """Store it with the others that wait; to be awaited. Raises StoreAway and TooBusy then: nothing is stored, or a repeat finds it."""
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        if len(self._waiting) + self._holding >= self.most_waiting:
            answer.set_exception(TooBusy())
            return answer
        self._waiting.append((delivery, answer))
        if len(self._waiting) >= self._enough:
            self._begin()
        return answer

    def _begin(self) -> None:
        """At once while nothing is under way; beside another batch one that is as large, for many small ones cost more than they save."""
        if len(self._waiting) >= self._enough:
            task = asyncio.get_running_loop().create_task(self._write())
            self._sizes[task] = (
                self.at_once
            )  # until it has begun, and everybody who calls in the same moment is there
            self._count()
            task.add_done_callback(self._end)

    def _count(self) -> None:
        """How many have to wait until a batch of theirs begins, which every call asks."""
        is_full = len(self._sizes) >= self.writers
        self._enough = self.most_waiting + 1 if is_full else max(self._sizes.values(), default=1)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._sizes[task]
        self._count()
        if not task.cancelled():  # else the loop ends
            self._begin()

    async def _write(self) -> None:
        batch, orders = self._take()
        if not batch:
            return
        task = asyncio.current_task()
        assert task is not None
        self._sizes[task] = len(batch)
        self._count()
        self._begin()
        try:
            found = await self._keep([delivery for delivery, _ in batch])
        except asyncio.CancelledError:
            for _, answer in batch:
                answer.cancel()
            raise
        finally:
            self._let_go(orders)
        for (_, answer), one in zip(batch, found, strict=True):
            _tell(answer, one)

    def _take(self) -> tuple[list[Waiting], set[Order]]:
        """The next batch, and its orders."""
        batch: list[Waiting] = []
        orders: set[Order] = set()
        while self._waiting and len(batch) < self.at_once:
            one = self._waiting.popleft()
            if one[0].order is not None:
                order = (one[0].endpoint.id, one[0].order)
                if order in self._held:
                    self._held[order].append(one)
                    self._holding += 1
                    continue
                orders.add(order)
            batch.append(one)
        # Afterwards: those of one order may stand in one batch.
        self._held.update((order, []) for order in orders)
        return batch, orders

    def _let_go(self, orders: Iterable[Order]) -> None:
        """What they held up goes before what came later."""
        held = [one for order in orders for one in self._held.pop(order)]
        self._holding -= len(held)
        self._waiting.extendleft(reversed(held))

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
