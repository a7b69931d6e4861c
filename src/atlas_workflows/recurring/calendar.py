"""What fires in the coming days: every occurrence of every recurring workflow, the load of each hour, pile-ups and quiet hours. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile

from atlas_workflows.errors import AtlasError, InputError
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

MOST_DAYS = 366
MOST_FIRES = 100_000
PILE_UP = 10  # due together, from which on it is one
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Fire:
    """One occurrence of one workflow; `local` is the same instant on the clock of its schedule's zone."""

    at: datetime
    local: datetime
    organization: str
    organization_name: str
    workflow: str
    name: str
    dag_id: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A schedule that does not fire, and why."""

    title: str
    why: str
    dag_id: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """From `since` until `until`, in order of time; `broken` are the schedules that do not fire."""

    since: datetime
    until: datetime
    fires: tuple[Fire, ...]
    broken: tuple[Broken, ...] = ()

    def per_hour(self) -> dict[datetime, int]:
        """How many fire in each hour (UTC) in which any do."""
        hours = Counter(fire.at.replace(minute=0, second=0, microsecond=0) for fire in self.fires)
        return dict(sorted(hours.items()))

    def pile_ups(self, at_least: int) -> list[tuple[datetime, int]]:
        """Instants at which so many or more are due together, the largest first."""
        found = Counter(fire.at for fire in self.fires)
        heaps = [(instant, count) for instant, count in found.items() if count >= at_least]
        return sorted(heaps, key=lambda heap: (-heap[1], heap[0]))

    def quiet(self, at_least: timedelta = HOUR) -> list[tuple[datetime, datetime]]:
        """Stretches without any, the longest first: the times for maintenance."""
        edges = [self.since, *(fire.at for fire in self.fires), self.until]
        gaps = [(begin, end) for begin, end in pairwise(edges) if end - begin >= at_least]
        return sorted(gaps, key=lambda gap: (gap[0] - gap[1], gap[0]))


def calendar_of(entries: Iterable[Entry], since: datetime, days: int, most: int = MOST_FIRES) -> Calendar:
    """What these fire within `days` from `since`. Raises InputError for more than can be shown."""
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"{days} days are not between 1 and {MOST_DAYS}.", remedy="Ask for fewer days.")
    until = since + timedelta(days=days)
    fires: list[Fire] = []
    broken = []
    for entry in entries:
        try:
            fires += _fires(entry, since, until, most)
        except AtlasError as refusal:
            broken.append(Broken(entry.title, f"{refusal.fact} {refusal.remedy}", entry.dag_id))
        _require_few(fires, days, most)
    fires.sort(key=lambda fire: (fire.at, fire.organization_name, fire.name, fire.workflow))
    return Calendar(since, until, tuple(fires), tuple(broken))


def _fires(entry: Entry, since: datetime, until: datetime, most: int) -> Iterator[Fire]:
    spec = parse_spec(entry.schedule)
    if not spec.enabled:
        return
    begin = max(since, entry.since)
    found = Schedule(spec, workflow_id=entry.workflow).since(begin)
    for each in islice(takewhile(lambda one: one.at < until, found), most + 1):
        yield Fire(
            each.at,
            each.local,
            entry.organization,
            entry.organization_name,
            entry.workflow,
            entry.name,
            entry.dag_id,
        )


def _require_few(fires: Sequence[Fire], days: int, most: int) -> None:
    if len(fires) > most:
        raise InputError(
            f"More than {most} occurrences within {days} days.",
            remedy="Ask for fewer days, or for one organization.",
        )
