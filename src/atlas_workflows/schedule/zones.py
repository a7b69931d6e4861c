"""Time zones from the pinned tzdata package alone, whatever the machine or the host process has configured.

zoneinfo asks the system's database first, and `reset_tzpath` would change the answer for everybody in the
process (Airflow included). So the compiled zone is read out of the tzdata package itself.
"""

import difflib
import importlib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from atlas_workflows.errors import ScheduleRefused

TZDATA_VERSION: str = importlib.import_module("tzdata").IANA_VERSION


@cache
def zone_names() -> frozenset[str]:
    """Every name, links included, that the pinned tzdata knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


@cache
def load_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises ScheduleRefused (field `timezone`) for an unknown one."""
    if name not in zone_names():
        raise ScheduleRefused(
            f"timezone: {name[:60]!r} is not a zone of tzdata {TZDATA_VERSION}.",
            remedy=_remedy(name[:60]),
            field="timezone",
        )
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


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
