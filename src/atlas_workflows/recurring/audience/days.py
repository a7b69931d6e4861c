"""Which instants and days the dates of a query mean at the moment it is asked, in its zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from atlas_workflows.recurring.audience.query import AnniversaryLeaf, DateLeaf
from atlas_workflows.recurring.audience.refusal import refuse
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.zones import load_zone

FEBRUARY_29 = 229


@dataclass(frozen=True, slots=True)
class Asked:
    """When a query is asked, and in which zone its days begin and end."""

    at: datetime
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        return load_zone(self.timezone)

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The instant at which that day begins."""
        return first_instant(datetime.combine(day, time()), self.zone).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`, as instants and, for fields that are days, as days; None is open."""

    since: datetime | None = None
    until: datetime | None = None
    first: date | None = None
    beyond: date | None = None


@dataclass(frozen=True, slots=True)
class Anniversaries:
    """Days of the year (229 is 29 February) that are meant, of dates of `until` or earlier years."""

    days: tuple[int, ...]
    until: int


def window_of(leaf: DateLeaf, asked: Asked) -> Window:
    """What a condition on a date asks for.

    A day counts whole: `after` one begins behind it, the last days begin with the midnight so many days ago.
    """
    try:
        return _window(leaf, asked)
    except OverflowError as cause:
        raise refuse("date", "it lies beyond all calendars.", "Ask for fewer days.") from cause


def _window(leaf: DateLeaf, asked: Asked) -> Window:
    one = timedelta(days=1)
    if leaf.last_days is not None:
        begin = asked.today - timedelta(days=leaf.last_days)
        # The instant itself still belongs.
        return Window(asked.midnight(begin), asked.at + timedelta(microseconds=1), begin, asked.today + one)
    if leaf.next_days is not None:
        beyond = asked.today + timedelta(days=leaf.next_days) + one
        return Window(asked.at, asked.midnight(beyond), asked.today, beyond)
    moment = read_moment(leaf.before or leaf.after or "")
    at = moment.as_start(asked.zone).replace(tzinfo=UTC)
    if moment.day is not None:
        day = moment.day
        behind = asked.midnight(day + one)
        return Window(until=at, beyond=day) if leaf.before else Window(since=behind, first=day + one)
    local = at.astimezone(asked.zone).date()
    if leaf.before:
        return Window(until=at, beyond=local)
    return Window(since=at + timedelta(microseconds=1), first=local + one)


def anniversaries_of(leaf: AnniversaryLeaf, asked: Asked) -> Anniversaries:
    """The days of the year that are celebrated on the day a condition means."""
    day = asked.today + timedelta(days=leaf.in_days)
    days = [day.month * 100 + day.day]
    is_leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    instead = 228 if leaf.leap_day == "feb_28" else 301
    if not is_leap and days[0] == instead:
        days.append(FEBRUARY_29)
    return Anniversaries(tuple(days), day.year)
