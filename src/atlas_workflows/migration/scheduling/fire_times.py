"""Ten instants of a schedule and its words: as the old application had it configured, and as it fires here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.legacy.timing.schedules import translate_schedule
from atlas_workflows.recurring.entry import settled
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

SHOWN = 10
NO_ZONE = "UTC"  # the clock of the old application's server, where a row stores no zone


@dataclass(frozen=True, slots=True)
class FireTimes:
    """The zone, the words, and the first instants from a moment on, each with the offset of its zone; `schedule` gives them."""

    timezone: str | None = None
    words: str = ""
    at: tuple[str, ...] = ()
    schedule: Schedule | None = None

    def to_json(self) -> dict[str, Any]:
        return {"timezone": self.timezone, "words": self.words, "at": list(self.at)}


def fire_times(document: Mapping[str, Any] | None, workflow: str, since: datetime) -> FireTimes:
    """Of a schedule as it is stored here. One that is none has no instants, and words that say so."""
    if document is None:
        return FireTimes(words="It cannot be read.")
    try:
        schedule = _read(document, workflow, since)
    except AtlasError as refusal:
        return FireTimes(document.get("timezone"), f"It does not fire: {refusal.fact}")
    found = tuple(each.local.isoformat() for each in schedule.next(since, SHOWN))
    return FireTimes(schedule.spec.timezone, describe(schedule.spec), found, schedule)


def as_configured(stored: Mapping[str, Any] | None, workflow: str, since: datetime) -> FireTimes:
    """Of the settings that a legacy row holds, in the zone that it stores, whoever chose that."""
    if stored is None:
        return FireTimes(words="Its legacy row is gone.")
    found = translate_schedule(dict(stored), default_timezone=NO_ZONE, path="")
    if found.spec is None:
        return FireTimes(words=" ".join(reason.message for reason in found.reasons))
    return fire_times(found.spec, workflow, since)


def _read(document: Mapping[str, Any], workflow: str, since: datetime) -> Schedule:
    return Schedule(settled(parse_spec(document), since, since.year), workflow_id=workflow)
