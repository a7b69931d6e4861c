"""Time zones from the pinned tzdata package alone, whatever the machine or the host process has configured.

zoneinfo asks the system's database first, and `reset_tzpath` would change the answer for everybody in the
process (Airflow included). So the compiled zone is read out of the tzdata package itself.
"""

import importlib
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

TZDATA_VERSION: str = importlib.import_module("tzdata").IANA_VERSION


@cache
def zone_names() -> frozenset[str]:
    """Every name, links included, that the pinned tzdata knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def read_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, read once; None for an unknown one."""
    return _read(name) if name in zone_names() else None


@cache
def zones_of_country(code: str) -> tuple[str, ...]:
    """The zones in use in a country, by its ISO 3166 code; none for an unknown one."""
    return tuple(_zones_by_country().get(code, ()))


@cache
def _zones_by_country() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            found.setdefault(code, []).append(zone)
    return found


@cache
def _read(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
