"""The seam between the intake and where endpoints and deliveries are kept."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.judge import Delivery


class Stored(StrEnum):
    """What came of a delivery. Only `stored` makes an event; `closed`: paused, expired or gone; `unfit` is one that the store can never hold."""

    STORED = "stored"
    REPEAT = "repeat"
    LIMITED = "limited"
    CLOSED = "closed"
    UNFIT = "unfit"


class StoreAway(Exception):
    """The store cannot be asked now; nothing may be said to be stored."""


class DeliveryUnfit(Exception):
    """Something in a batch can never be stored; nothing of the batch was."""


class Doors(Protocol):
    """Finds endpoints."""

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of this id as it is now. Raises StoreAway."""
        ...


class Deliveries(Protocol):
    """Keeps deliveries."""

    async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        """Store a batch durably, each delivery that is new with its event, in the order given; all or nothing.

        Called by several at once, each with its own batch. Returns when it is committed. Raises StoreAway and DeliveryUnfit.
        """
        ...
