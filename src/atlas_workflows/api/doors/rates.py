"""How often a caller may call: an allowance that fills up evenly (GCRA), kept in one row per caller."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from atlas_workflows.api.database import Database
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a minute in the long run, and so many at once."""

    per_minute: int
    at_once: int

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=1) / self.per_minute

    @property
    def burst(self) -> timedelta:
        return self.every * self.at_once

    def left(self, free_at: datetime, now: datetime) -> int:
        """How many could be asked right now."""
        return max(0, int((now + self.burst - max(free_at, now)) / self.every))


@dataclass(frozen=True, slots=True)
class _Taken:
    taken: bool
    free_at: datetime
    at: datetime


def take(database: Database, caller: str, rate: Rate, now: datetime | None = None) -> dict[str, str]:
    """Take one request out of the allowance; the headers that say what is left. Raises HttpProblem where none is.

    `now` replaces the database's clock, for trials.
    """
    given = {"caller": caller, "now": now, "every": rate.every, "burst": rate.burst}
    with database.session() as connection:
        found = one(connection, _Taken, sql("api/take_allowance"), given)
    if found is None:
        return {}
    headers = _headers(rate, found.free_at, found.at)
    if found.taken:
        return headers
    wait = math.ceil((found.free_at + rate.every - rate.burst - found.at).total_seconds())
    headers |= {"Retry-After": str(max(1, wait))}
    raise HttpProblem(
        "rate_limited", f"More than {rate.per_minute} requests a minute.", headers=headers,
        remedy="Wait as long as Retry-After says, in seconds.",
    )  # fmt: skip


def _headers(rate: Rate, free_at: datetime, now: datetime) -> dict[str, str]:
    whole = max(0, math.ceil((free_at - now).total_seconds()))
    return {
        "X-RateLimit-Limit": str(rate.per_minute),
        "X-RateLimit-Remaining": str(rate.left(free_at, now)),
        "X-RateLimit-Reset": str(whole),
    }
