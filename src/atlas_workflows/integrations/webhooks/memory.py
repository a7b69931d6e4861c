"""Endpoints and deliveries in memory, for trials: the same answers as the database gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import DeliveryUnfit, Stored
from atlas_workflows.integrations.webhooks.refusals import Refusal

MINUTE = 60.0


@dataclass(slots=True)
class MemoryWebhooks:
    """Both ports. `events` are what the engine would hear, in order; `unfit` says which deliveries cannot be held."""

    clock: Callable[[], float]
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    events: list[Delivery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unfit: Callable[[Delivery], bool] = lambda _: False
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)
    _full_at: dict[str, float] = field(default_factory=dict)

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of this id."""
        return self.endpoints.get(endpoint_id)

    async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        """All or nothing, as a transaction is."""
        if any(self.unfit(delivery) for delivery in deliveries):
            raise DeliveryUnfit
        return [self._keep(delivery) for delivery in deliveries]

    async def keep_refusals(self, refusals: Sequence[Refusal]) -> None:
        """One after the other."""
        self.refusals += refusals

    def _keep(self, delivery: Delivery) -> Stored:
        endpoint = self.endpoints.get(delivery.endpoint.endpoint_id)
        if endpoint is None or not endpoint.is_open:
            return Stored.CLOSED
        if endpoint.expires_at is not None and self.clock() >= endpoint.expires_at:
            return Stored.CLOSED
        if not self._has_room(endpoint):
            return Stored.LIMITED
        place, now = (endpoint.id, delivery.key), self.clock()
        before = self._seen.get(place)
        if before is not None and (delivery.seconds is None or now - before < delivery.seconds):
            return Stored.REPEAT
        self._seen[place] = now
        self.events.append(delivery)
        return Stored.STORED

    def _has_room(self, endpoint: Endpoint) -> bool:
        """A bucket of a minute's calls that empties evenly."""
        now, step = self.clock(), MINUTE / endpoint.rate_limit
        full_at = max(self._full_at.get(endpoint.id, now), now)
        if full_at - now + step > MINUTE + 1e-6:
            return False
        self._full_at[endpoint.id] = full_at + step
        return True
