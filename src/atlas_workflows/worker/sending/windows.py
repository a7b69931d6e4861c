"""When a channel is open by the wall clock, and the next moment at which it is open in every zone that counts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.business_hours import Minutes
from atlas_workflows.schedule.openings import next_open
from atlas_workflows.schedule.openness import ALL_DAY, Openness
from atlas_workflows.schedule.zones import load_zone, to_local
from atlas_workflows.worker.sending.policy import ChannelPolicy, quiet_minutes

_DAY = 1440


@lru_cache(maxsize=1_000)
def openness_of(quiet_hours: str | None, week: tuple[tuple[Minutes, ...], ...]) -> Openness:
    """Business hours less quiet hours."""
    quiet = () if quiet_hours is None else _within_days(*quiet_minutes(quiet_hours))
    return Openness(tuple(tuple(_without(day, quiet)) for day in week))


def hours_of(policy: ChannelPolicy) -> Openness:
    """When this channel may be used."""
    hours = policy.business_hours
    return openness_of(policy.quiet_hours, ALL_DAY if hours is None else hours.week)


def next_open_everywhere(
    openness: Openness, zones: Iterable[str], now: datetime, until: datetime
) -> datetime | None:
    """The first moment from `now` to `until` that is open in all zones; None where there is none."""
    if openness.week == ALL_DAY:
        return now
    clocks = [load_zone(name) for name in zones]
    moment = now.astimezone(UTC).replace(tzinfo=None)
    last = until.astimezone(UTC).replace(tzinfo=None)
    while moment <= last:
        reached = _furthest(openness, clocks, moment)
        if reached is None:
            return None
        if reached == moment:
            return moment.replace(tzinfo=UTC)
        moment = reached
    return None


def is_quiet(quiet_hours: str | None, zones: Iterable[str], now: datetime) -> bool:
    """Whether it is quiet hours in one of the zones."""
    quiet = openness_of(quiet_hours, ALL_DAY)
    instant = now.astimezone(UTC).replace(tzinfo=None)
    return any(quiet.closed_because(to_local(instant, load_zone(name))) is not None for name in zones)


def _furthest(openness: Openness, clocks: list[ZoneInfo], moment: datetime) -> datetime | None:
    furthest = moment
    for clock in clocks:
        found = next_open(furthest, clock, openness)
        if found is None:
            return None
        # Never back: a wall clock's opening lies at or after what was asked for.
        furthest = max(furthest, found)
    return furthest


def _within_days(begin: int, end: int) -> tuple[Minutes, ...]:
    return ((begin, end),) if begin < end else ((0, end), (begin, _DAY))


def _without(day: Iterable[Minutes], quiet: Iterable[Minutes]) -> list[Minutes]:
    left = list(day)
    for begin, end in quiet:
        parts = [(a, min(b, begin)) for a, b in left] + [(max(a, end), b) for a, b in left]
        left = sorted((a, b) for a, b in parts if a < b)
    return left
