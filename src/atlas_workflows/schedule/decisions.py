"""What to do with occurrences that came while nobody was there, and with one that comes while another executes."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal

from atlas_workflows.schedule.occurrences import Occurrence, Schedule
from atlas_workflows.schedule.spec import ScheduleSpec

MOST_MISSED = 10_000
# What starts within this time of its due instant is late, not missed: it starts whatever the catch-up policy says.
ON_TIME = timedelta(minutes=5)

Overlap = Literal["start", "skip", "buffer", "cancel_and_start"]


def missed(schedule: Schedule, last_fired_at: datetime, now: datetime) -> list[Occurrence]:
    """Occurrences after `last_fired_at`, before `now`, that the catch-up policy still wants; oldest first.

    The occurrence due exactly `now` is not missed. "latest" and "all" look back `window_seconds` at most,
    and "all" returns at most the MOST_MISSED newest ones.
    """
    policy = schedule.spec.catch_up
    if policy.mode == "none" or last_fired_at >= now:
        return []
    window_start = now - timedelta(seconds=policy.window_seconds)
    since = max(window_start, last_fired_at + timedelta(microseconds=1))
    found: list[Occurrence] = []
    for occurrence in schedule.since(since):
        if occurrence.at >= now:
            break
        found.append(occurrence)
    return found[-1:] if policy.mode == "latest" else found[-MOST_MISSED:]


def next_due(
    schedule: Schedule,
    now: datetime,
    *,
    after: datetime | None = None,
    not_before: datetime | None = None,
) -> Occurrence | None:
    """The occurrence to start next: a late or missed one that the catch-up policy still wants, else the next to come.

    `after` is the last one that was started; nothing before `not_before`. None where the schedule is off or over.
    """
    if not schedule.spec.enabled:
        return None
    bounds = [_wanted_since(schedule.spec, now)]
    bounds += [] if after is None else [after + timedelta(microseconds=1)]
    bounds += [] if not_before is None else [not_before]
    since = max(bounds)
    if schedule.spec.catch_up.mode == "latest" and (latest := _last_before(schedule, since, now)) is not None:
        return latest
    return next(schedule.since(since), None)


def is_wanted(schedule: Schedule, due: datetime, now: datetime) -> bool:
    """Whether an occurrence due at `due` is still to be started `now`, late or missed as it may be."""
    if not schedule.spec.enabled or due < _wanted_since(schedule.spec, now):
        return False
    if schedule.spec.catch_up.mode != "latest" or due >= now - ON_TIME:
        return True
    return _last_before(schedule, due + timedelta(microseconds=1), now) is None


def _wanted_since(spec: ScheduleSpec, now: datetime) -> datetime:
    policy = spec.catch_up
    return now - (
        ON_TIME if policy.mode == "none" else max(ON_TIME, timedelta(seconds=policy.window_seconds))
    )


def _last_before(schedule: Schedule, since: datetime, now: datetime) -> Occurrence | None:
    """The last occurrence in [since, now), looked for in stretches that double backwards from `now`."""
    back = timedelta(minutes=1)
    while since < now:
        begin = max(since, now - back)
        found = list(takewhile(lambda each: each.at < now, schedule.since(begin)))
        if found or begin == since:
            return found[-1] if found else None
        back *= 2
    return None


def on_overlap(spec: ScheduleSpec, *, executing: int, buffered: int) -> Overlap:
    """What an occurrence does while `executing` earlier ones still execute and `buffered` ones wait their turn."""
    if executing == 0 and buffered == 0:
        return "start"
    if spec.overlap == "allow":
        return "start"
    if spec.overlap == "cancel_other":
        return "cancel_and_start"
    if spec.overlap == "buffer_one" and buffered == 0:
        return "buffer"
    return "skip"
