"""Wrong keys and tokens: an allowance for each network they come from, so that nobody tries them at speed.

In memory, of the process: a wrong key must not make the database write, and what is kept here may be lost. Whose key opened lately
is known and passes whatever others behind the same address do; see docs/decisions/0132.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

import structlog

from atlas_workflows.api.doors.rates import Rate
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.integrations.webhooks.rules import client_address
from atlas_workflows.secrets.api_keys import hash_of

WRONG = Rate(per_minute=30, at_once=20)
MOST_KEPT = 10_000  # of networks, and of keys known
KNOWN_SECONDS = 86_400.0
TELL_SECONDS = 60.0  # between two lines of the log about what is refused, however much it is
SHORTEST_PREFIX = 64  # of an IPv6 network that is one customer's
UNKNOWN = "unknown"
Name = TypeVar("Name")


@dataclass
class Strangers:
    """`clock` gives seconds that never go back."""

    rate: Rate = WRONG
    most: int = MOST_KEPT
    clock: Callable[[], float] = time.monotonic
    _free_at: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _known: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _refused: int = 0  # since the log was told
    _last_from: str = ""
    _told_at: float = -math.inf

    def admit(self, network: str, key: str) -> None:
        """Raise HttpProblem (429) for a key that nobody knows, from where too many wrong ones came: it is not even looked for."""
        now, named = self.clock(), hash_of(key)
        with self._lock:
            if self._known.get(named, -math.inf) > now - KNOWN_SECONDS:
                return
            wait = self._wait(network, now)
        if wait > 0:
            self._note(network, now)
            raise _refused(wait)

    def opened(self, key: str) -> None:
        """The key is one."""
        now = self.clock()
        with self._lock:
            _keep(self._known, hash_of(key), now, self.most)
        self._tell(now)

    def failed(self, network: str, text: str) -> None:
        """Count a wrong one, and know it no longer. Raises HttpProblem (429) where the allowance is used up already."""
        now = self.clock()
        with self._lock:
            self._known.pop(hash_of(text), None)
            wait = self._wait(network, now)
            if wait <= 0:
                free_at = max(self._free_at.get(network, now), now) + self.rate.every.total_seconds()
                _keep(self._free_at, network, free_at, self.most)
        if wait > 0:
            self._note(network, now)
            raise _refused(wait)
        self._tell(now)

    def _note(self, network: str, now: float) -> None:
        with self._lock:
            self._refused, self._last_from = self._refused + 1, network
        self._tell(now)

    def _tell(self, now: float) -> None:
        """Say in the log that calls are refused unheard: the first at once, then once a minute how many it were, whoever asks next."""
        with self._lock:
            if not self._refused or now - self._told_at < TELL_SECONDS:
                return
            refused, self._refused, self._told_at = self._refused, 0, now
            network = self._last_from
        structlog.get_logger().warning("wrong keys are refused unheard", refused=refused, last_from=network)

    def _wait(self, network: str, now: float) -> float:
        """Seconds until one more may be wrong; none or less where it may be now."""
        every, burst = self.rate.every.total_seconds(), self.rate.burst.total_seconds()
        return max(self._free_at.get(network, now), now) + every - burst - now


def network_of(peer: str | None, forwarded: Sequence[str], proxies: int) -> str:
    """Where a request comes from: an IPv4 address or an IPv6 network of 64 bits, as the outermost of so many proxies saw it."""
    seen = client_address(peer, forwarded, proxies) or peer or ""
    try:
        address = ipaddress.ip_address(seen.strip("[]"))
    except ValueError:
        return UNKNOWN
    address = getattr(address, "ipv4_mapped", None) or address
    bits = 32 if address.version == 4 else SHORTEST_PREFIX
    return str(ipaddress.ip_network((address, bits), strict=False))


def _keep(kept: OrderedDict[Name, float], name: Name, value: float, most: int) -> None:
    kept[name] = value
    kept.move_to_end(name)
    if len(kept) > most:
        kept.popitem(last=False)


def _refused(wait: float) -> HttpProblem:
    return HttpProblem(
        "rate_limited", "Too many wrong keys or tokens came from your address.",
        remedy="Wait as long as Retry-After says, in seconds; then send the right one.",
        headers={"Retry-After": str(max(1, math.ceil(wait)))},
    )  # fmt: skip
