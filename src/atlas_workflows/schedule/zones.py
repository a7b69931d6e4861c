"""The zones of schedules, and the way between an instant and a wall clock."""

import difflib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.time_zones import TZDATA_VERSION, read_zone, zone_names


def load_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises ScheduleRefused (field `timezone`) for an unknown one."""
    zone = read_zone(name)
    if zone is None:
        raise ScheduleRefused(
            f"timezone: {name[:60]!r} is not a zone of tzdata {TZDATA_VERSION}.",
            remedy=_remedy(name[:60]),
            field="timezone",
        )
    return zone


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Wall clock (naive) of a naive UTC instant."""
    return zone.fromutc(instant.replace(tzinfo=zone)).replace(tzinfo=None)


def offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    """UTC offset that holds at a naive UTC instant."""
    offset = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta()


def _remedy(name: str) -> str:
    near = difflib.get_close_matches(name, zone_names(), n=3)
    return f"Did you mean {', '.join(near)}?" if near else "Use an IANA name such as Europe/London."
