"""Which organizations' schedules the sweep starts instead of DAGs of their own: bounds on DAGs, and on what is due at once. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, islice, takewhile

from atlas_workflows.errors import AtlasError
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

WEEK = timedelta(days=7)
LOOKED_AT = 200  # instants of a schedule's week: beyond it fires every few minutes, and is due with everybody
KEPT = 8_192


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an organization keeps its DAGs within: how many there are, of all organizations, and how many are due together."""

    most_dags: int
    most_together: int


def swept(entries: Iterable[Entry], bounds: Mapping[str, Bounds], now: datetime) -> set[str]:
    """The organizations whose schedules the sweep starts: those with which a bound of theirs would be passed.

    They are gone through in the order of their ids, so one more workflow moves as few of the others as it can.
    """
    by_organization = _grouped(entries)
    monday = datetime.combine(now.astimezone(UTC).date() - timedelta(days=now.weekday()), time(), UTC)
    dags, together, found = 0, Counter[datetime](), set()
    for organization, its in by_organization:
        bound = bounds[organization]
        instants = Counter(instant for entry in its for instant in _instants(entry, monday))
        piles = (together[instant] + count for instant, count in instants.items())
        if dags + len(its) > bound.most_dags or max(piles, default=0) > bound.most_together:
            found.add(organization)
        else:
            dags += len(its)
            together += instants
    return found


def _grouped(entries: Iterable[Entry]) -> list[tuple[str, Sequence[Entry]]]:
    ordered = sorted(entries, key=lambda entry: entry.organization)
    return [(organization, list(its)) for organization, its in groupby(ordered, lambda e: e.organization)]


def _instants(entry: Entry, monday: datetime) -> frozenset[datetime]:
    """When it is due in this week. What is spread by jitter is due with nobody."""
    if entry.schedule.get("jitter_seconds"):
        return frozenset()
    return _week(json.dumps(entry.schedule, sort_keys=True), monday)


@lru_cache(maxsize=KEPT)
def _week(schedule: str, monday: datetime) -> frozenset[datetime]:
    try:
        spec = parse_spec(json.loads(schedule))
        if spec.end is None:  # so that one which never fires is not looked for until the end of all calendars
            spec = spec.model_copy(update={"end": (monday + WEEK).isoformat()})
        found = takewhile(lambda each: each.at < monday + WEEK, Schedule(spec).since(monday))
        return frozenset(each.at for each in islice(found, LOOKED_AT)) if spec.enabled else frozenset()
    except AtlasError:
        return frozenset()
