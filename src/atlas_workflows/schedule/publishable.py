"""Whether a schedule may be published: it fires again, and no more often than its organization's plan allows. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.frequency import check_frequency
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.spec import RULES, ScheduleSpec
from atlas_workflows.schedule.zones import load_zone


def refusals(spec: ScheduleSpec, now: datetime, shortest: timedelta) -> Iterator[tuple[str, ScheduleRefused]]:
    """Why it may not, with a code, each naming its field; `shortest` is what lies between two occurrences at least."""
    try:
        check_frequency(spec, shortest)
    except ScheduleRefused as refusal:
        yield "FIRES_TOO_OFTEN", refusal
    if spec.enabled and next(Schedule(spec).since(now), None) is None:
        yield "NEVER_FIRES", _never_again(spec, now)


def _never_again(spec: ScheduleSpec, now: datetime) -> ScheduleRefused:
    zone, instant = load_zone(spec.timezone), now.astimezone(UTC).replace(tzinfo=None)
    if spec.end is not None and read_moment(spec.end).as_end(zone) < instant:
        return refuse("end", f"{spec.end} is past, so it never fires again.", "Choose a later end.")
    if spec.once is not None and read_moment(spec.once).as_start(zone) < instant:
        return refuse("once", f"{spec.once} is past, so it never fires.", "Choose a time to come.")
    rule = next(name for name in RULES if getattr(spec, name) is not None)
    return refuse(
        rule,
        "it never fires again: none of its times comes, or it is closed at each of them.",
        "Check days, dates, hours and closures; `atlas schedule next` shows what is due.",
    )
