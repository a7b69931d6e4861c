"""Where the squares of the schedule calendar stand and how dark they are: a row for each day, a column for each hour. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from atlas_workflows.recurring.calendar import PILE_UP, Calendar

HOURS = 24
LEVELS = 5
# Across in percent of the width, so that it fits a telephone too; down in pixels, so that its texts stay readable.
LABEL, COLUMN = 14.0, 3.25
ROW, BARS, SCALE = 28, 56, 20
TOP = BARS + SCALE
# Zones are off by quarters of an hour at the least.
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Square:
    """An hour of a day on the clock asked for; `piles_up`: many are due at one instant of it."""

    hour: datetime
    left: float
    top: int
    count: int
    level: int
    piles_up: bool

    @property
    def ends(self) -> datetime:
        return self.hour + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A row and how many are due in all of it."""

    day: date
    top: int
    total: int
    squares: tuple[Square, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """How many are due in an hour of the clock on all days together."""

    hour: int
    left: float
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Hours that are not shown do not belong to the days asked for, or the clock leaps over them."""

    days: tuple[Day, ...]
    bars: tuple[Bar, ...]
    most: int

    @property
    def height(self) -> int:
        return TOP + ROW * len(self.days)

    def loaded(self) -> list[Square]:
        """The hours in which something is due."""
        return [square for day in self.days for square in day.squares if square.count]


def heat_map(calendar: Calendar, zone: ZoneInfo) -> HeatMap:
    """The calendar as hours of days on the clock of `zone`; an hour that comes twice is one square."""
    counts = Counter(hour_of(fire.at, zone) for fire in calendar.fires)
    piles = {hour_of(at, zone) for at, _ in calendar.pile_ups(PILE_UP)}
    most = max(counts.values(), default=0)
    days = groupby(_hours(calendar, zone), key=datetime.date)
    return HeatMap(
        tuple(_day(day, TOP + ROW * row, hours, counts, piles) for row, (day, hours) in enumerate(days)),
        _bars(counts),
        most,
    )


def hour_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """The hour of the clock of `zone` in which an instant lies."""
    return instant.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)


def level_of(count: int, most: int) -> int:
    """How dark a square is, 0 for none; a few are never as dark as it goes."""
    return -(-LEVELS * count // max(most, LEVELS))


def left_of(hour: int) -> float:
    """Where the column of an hour begins, in percent."""
    return round(LABEL + COLUMN * hour, 2)


def _hours(calendar: Calendar, zone: ZoneInfo) -> Iterator[datetime]:
    """Every hour of the clock between the calendar's ends that the clock really shows, once."""
    at = calendar.since.astimezone(UTC)
    at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    seen: set[datetime] = set()
    while at < calendar.until:
        hour = hour_of(at, zone)
        if hour not in seen:
            seen.add(hour)
            yield hour
        at += QUARTER


def _day(
    day: date, top: int, hours: Iterable[datetime], counts: Counter[datetime], piles: set[datetime]
) -> Day:
    most = max(counts.values(), default=0)
    squares = tuple(
        Square(hour, left_of(hour.hour), top, counts[hour], level_of(counts[hour], most), hour in piles)
        for hour in hours
    )
    return Day(day, top, sum(square.count for square in squares), squares)


def _bars(counts: Counter[datetime]) -> tuple[Bar, ...]:
    sums = Counter[int]()
    for hour, count in counts.items():
        sums[hour.hour] += count
    most = max(sums.values(), default=1)
    return tuple(
        Bar(hour, left_of(hour), sums[hour], round((BARS - 16) * sums[hour] / most, 1))
        for hour in range(HOURS)
    )
