"""How many calls a second one address may make to one endpoint: leaky buckets in memory, so each process counts its own."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class AddressRates:
    """A bucket holds a second's calls and empties evenly."""

    clock: Callable[[], float]
    most: int = MOST_REMEMBERED
    _full_at: OrderedDict[tuple[str, str | None], float] = field(default_factory=OrderedDict)

    def has_room(self, endpoint: str, address: str | None, per_second: int) -> bool:
        """Whether one more call fits; it is counted then."""
        now, key = self.clock(), (endpoint, address)
        full_at = max(self._full_at.pop(key, now), now)
        fits = full_at - now + 1 / per_second <= 1 + 1e-9
        self._full_at[key] = full_at + 1 / per_second if fits else full_at
        while len(self._full_at) > self.most:
            self._full_at.popitem(last=False)
        return fits
