"""What to do with occurrences that came while nobody was there, and with one that comes while another executes."""

from datetime import datetime, timedelta
from typing import Literal

from atlas_workflows.schedule.occurrences import Occurrence, Schedule
from atlas_workflows.schedule.spec import ScheduleSpec

MOST_MISSED = 10_000

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
