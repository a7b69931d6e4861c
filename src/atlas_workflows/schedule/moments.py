"""A point in time as people write it: a date, a local time, or an instant with an offset."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.refusal import refuse

EARLIEST, LATEST = 1900, 2500
_Day = TypeVar("_Day", bound=date)


@dataclass(frozen=True, slots=True)
class Moment:
    """Exactly one of: `day` (a whole local day), `wall` (naive local time), `instant` (naive UTC)."""

    day: date | None = None
    wall: datetime | None = None
    instant: datetime | None = None

    def as_start(self, zone: ZoneInfo) -> datetime:
        """Naive UTC; a date begins with its midnight."""
        return self._instant(zone, timedelta())

    def as_end(self, zone: ZoneInfo) -> datetime:
        """Naive UTC, the last instant that still belongs; a date ends with its day."""
        return self._instant(zone, timedelta(days=1)) - timedelta(microseconds=1 if self.day else 0)

    def as_wall(self, zone: ZoneInfo) -> datetime:
        """Naive local time."""
        if self.instant is not None:
            return self.instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return self.wall or datetime.combine(self.day or date.min, datetime.min.time())

    def _instant(self, zone: ZoneInfo, later: timedelta) -> datetime:
        if self.instant is not None:
            return self.instant
        if self.day is not None:
            return first_instant(datetime.combine(self.day, datetime.min.time()) + later, zone)
        return first_instant(self.as_wall(zone), zone)


def read_moment(text: str, field: str = "moment") -> Moment:
    """Parse ISO 8601 ("2026-03-29", "2026-03-29T09:00", "…T09:00:00Z"); raises ScheduleRefused."""
    stripped = text.strip()
    try:
        if len(stripped) == 10:
            return Moment(day=_in_range(date.fromisoformat(stripped), field))
        value = _in_range(datetime.fromisoformat(stripped), field)
        offset = value.utcoffset()
    except (ValueError, OverflowError) as cause:
        raise refuse(
            field, f"{text[:40]!r} is not an ISO 8601 date or time.", "Write 2026-03-29T09:00."
        ) from cause
    value = value.replace(tzinfo=None)
    return Moment(wall=value) if offset is None else Moment(instant=value - offset)


def _in_range(value: _Day, field: str) -> _Day:
    if not EARLIEST <= value.year <= LATEST:
        raise refuse(field, f"year {value.year} is out of range.", f"Use a year from {EARLIEST} to {LATEST}.")
    return value
