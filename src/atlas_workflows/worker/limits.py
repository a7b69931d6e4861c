"""How many effects a limit lets go out now, and when the next one would go out after some. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
AHEAD = timedelta(seconds=10)  # so much of a minute's number may go out at once after a pause


@dataclass(frozen=True, slots=True)
class ConnectorLimit:
    """What an organization allows of one kind. `next_at` is when the next one is due if they go out evenly."""

    organization: str
    kind: str
    at_once: int | None
    per_minute: int | None
    next_at: datetime
    now: datetime


def places(limit: ConnectorLimit, being_sent: int) -> int:
    """How many may be begun now."""
    found = [] if limit.at_once is None else [limit.at_once - being_sent]
    if limit.per_minute is not None:
        apart = MINUTE / limit.per_minute
        ahead = max(AHEAD, apart)
        found.append((limit.now + ahead - max(limit.next_at, limit.now)) // apart)
    return max(0, min(found))


def after(limit: ConnectorLimit, taken: int) -> datetime:
    """`next_at` after `taken` more."""
    if limit.per_minute is None or not taken:
        return limit.next_at
    return max(limit.next_at, limit.now) + taken * (MINUTE / limit.per_minute)
