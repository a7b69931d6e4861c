"""Endpoints remembered for a moment, so that a thousand calls a second ask the store once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.ports import Doors

REMEMBER_SECONDS = 1.0
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class RememberedDoors:
    """Also of ids that nobody has. A change of an endpoint counts after `seconds` at most; pausing counts at once, for the store
    looks again when it stores."""

    doors: Doors
    clock: Callable[[], float]
    seconds: float = REMEMBER_SECONDS
    most: int = MOST_REMEMBERED
    _known: OrderedDict[str, tuple[float, Endpoint | None]] = field(default_factory=OrderedDict)
    _asking: dict[str, asyncio.Task[Endpoint | None]] = field(default_factory=dict)

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of this id. Raises StoreAway."""
        known = self._known.get(endpoint_id)
        if known is not None and self.clock() < known[0]:
            return known[1]
        task = self._asking.get(endpoint_id)
        if task is None:
            task = asyncio.create_task(self._ask(endpoint_id))
            self._asking[endpoint_id] = task
            task.add_done_callback(lambda _: self._asking.pop(endpoint_id, None))
        return await asyncio.shield(task)  # one of several that wait may be cancelled

    async def _ask(self, endpoint_id: str) -> Endpoint | None:
        found = await self.doors.endpoint(endpoint_id)
        self._known[endpoint_id] = (self.clock() + self.seconds, found)
        self._known.move_to_end(endpoint_id)
        while len(self._known) > self.most:
            self._known.popitem(last=False)
        return found
