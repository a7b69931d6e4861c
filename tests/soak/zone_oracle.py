"""An independent answer to "when does it fire": walks every UTC minute and looks at the clock on the wall.

Knows nothing of the product's code: no slots, no placement, no croniter; only tzdata read by the standard library,
and only in the safe direction (UTC to local).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MARGIN = timedelta(hours=36)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)


@cache
def zone(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@cache
def transitions(name: str) -> tuple[datetime, ...]:
    """Every change of offset in 2020–2037, to the second."""
    found, clock, step = [], zone(name), timedelta(hours=12)
    low, offset = FIRST, FIRST.astimezone(clock).utcoffset()
    while low < LAST:
        before, low = offset, low + step
        offset = low.astimezone(clock).utcoffset()
        if offset != before:
            found.append(_bisect(clock, low - step, low))
    return tuple(found)


def _bisect(clock: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = low.astimezone(clock).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(clock).utcoffset() == before else (low, middle)
    return high


@cache
def rule_sets() -> tuple[str, ...]:
    """One zone for each distinct table of offset changes 2020–2037, in the order of names."""
    by_file: dict[bytes, str] = {}
    for name in sorted(resources.files("tzdata").joinpath("zones").read_text().split()):
        content = resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
        by_file.setdefault(content, name)
    by_table: dict[tuple[object, ...], str] = {}
    for name in by_file.values():
        clock = zone(name)
        table = tuple((at, at.astimezone(clock).utcoffset()) for at in transitions(name))
        by_table.setdefault((FIRST.astimezone(clock).utcoffset(), *table), name)
    return tuple(by_table.values())


@dataclass
class Window:
    """What the wall showed at each minute: `shown[local]` lists the instants, `skipped[local]` where it would land."""

    begin: datetime
    end: datetime
    shown: dict[datetime, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[datetime, datetime] = field(default_factory=dict)

    @property
    def middle(self) -> datetime:
        return self.begin + (self.end - self.begin) / 2

    @property
    def locals(self) -> list[datetime]:
        return [*self.shown, *self.skipped]


def walk(name: str, begin: datetime, end: datetime) -> Window:
    """Look at the wall every minute from `begin` to `end`, both included."""
    window, clock = Window(begin, end), zone(name)
    instant, previous = begin, None
    while instant <= end:
        local = instant.astimezone(clock).replace(tzinfo=None, fold=0)
        if previous is not None and local > previous + MINUTE:
            missing = previous + MINUTE
            while missing < local:
                window.skipped[missing] = instant
                missing += MINUTE
        window.shown[local].append(instant)
        previous, instant = local, instant + MINUTE
    return window


def expected(window: Window, wanted: list[datetime], *, gap: str, fold: str, both: bool) -> list[datetime]:
    """Instants at which a schedule that names the local minutes `wanted` has to fire."""
    fires = set()
    for local in wanted:
        if local in window.skipped:
            if gap == "next":
                fires.add(window.skipped[local])
            continue
        seen = window.shown.get(local, [])
        if both or fold == "both":
            fires.update(seen)
        elif seen:
            fires.add(seen[0] if fold == "first" else seen[-1])
    return sorted(fires)
