"""From a schedule to its instants: slots, placed in the zone, moved by the policies, collapsed where they meet.

Every stage keeps the order of time, so one pass from a known point answers "what comes next".
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import dropwhile, islice
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.cron import parse_cron
from atlas_workflows.schedule.elapsed_rules import elapsed_instants
from atlas_workflows.schedule.fires import Fire, bounded, collapsed, not_skipped, opened, placed
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.openings import last_open
from atlas_workflows.schedule.openness import ALL_DAY, MAXIMUM_DAYS, Openness
from atlas_workflows.schedule.placement import first_instant
from atlas_workflows.schedule.recurrence import parse_rule, wall_times
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.slots import ELAPSED, cron_slots, interval_instants, interval_walls
from atlas_workflows.schedule.spec import ScheduleSpec
from atlas_workflows.schedule.zones import load_zone, offset_at, to_local

FIRST_YEAR, LAST_YEAR = 1970, 2400
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instant at which the schedule fires.

    `at` is UTC, `local` the same with the zone's offset. `adjustment` names what moved it (gap, fold,
    business_hours, holiday, jitter; joined by "+"). `collapsed`: how many slots met at this instant.
    """

    at: datetime
    local: datetime
    adjustment: str | None = None
    collapsed: int = 1


class Schedule:
    """A spec made ready to be asked. Keep it: parsing is done once, asking is cheap."""

    def __init__(self, spec: ScheduleSpec, *, workflow_id: str = "") -> None:
        self.spec = spec
        self.zone = load_zone(spec.timezone)
        self.jitter = jitter(workflow_id, spec.jitter_seconds)
        self._openness = _openness(spec)
        self._skipped = frozenset(spec.skip_dates)
        self._first = read_moment(spec.start).as_start(self.zone) if spec.start else None
        self._last = _last(spec, self.zone)

    def since(self, moment: datetime) -> Iterator[Occurrence]:
        """Occurrences at or after an aware `moment`, ascending; ends at `end` or at the search horizon.

        An RRULE without `start` counts from `moment`, as RFC 5545 counts from DTSTART.
        """
        for fire in self._fires(_naive_utc(moment) - self.jitter):
            if self._last is not None and fire.instant > self._last:
                return
            yield self._occurrence(fire)

    def next(self, moment: datetime, count: int = 1) -> list[Occurrence]:
        """The first `count` occurrences at or after an aware `moment`."""
        return list(islice(self.since(moment), count))

    def after(self, moment: datetime) -> Occurrence | None:
        """The first occurrence strictly after an aware `moment`."""
        return next(self.since(moment + timedelta(microseconds=1)), None)

    def closed_because(self, moment: datetime) -> str | None:
        """None while open at an aware `moment`, else "holiday" or "business_hours"."""
        if self._openness is None:
            return None
        return self._openness.closed_because(to_local(_naive_utc(moment), self.zone))

    def _fires(self, asked: datetime) -> Iterator[Fire]:
        begin = asked if self._first is None else max(asked, self._first)
        since = self._search_start(begin)
        fires = bounded(self._slots(since, begin), self._last)
        if self._skipped:
            fires = not_skipped(fires, self.zone, self._skipped)
        fires = dropwhile(lambda fire: fire.instant < (self._first or since), fires)
        if self._openness is not None:
            fires = opened(fires, self.zone, self._openness, self.spec.when_closed)
        fires = collapsed(fires, look_ahead=self._openness is not None)
        return dropwhile(lambda fire: fire.instant < begin, fires)

    def _search_start(self, begin: datetime) -> datetime:
        """Early enough for every slot that a closed stretch may move to `begin` or later."""
        if self._openness is None or self.spec.when_closed != "next":
            return begin
        # Where whole days are closed their times of day come back on the next open day, which may have 25 hours.
        before = begin - (2 * _DAY if self._openness.keeps_time_of_day else timedelta(minutes=1))
        return last_open(before, self.zone, self._openness) or before - MAXIMUM_DAYS * _DAY

    def _slots(self, since: datetime, begin: datetime) -> Iterator[Fire]:
        """Placed slots in order of time from `since`, and perhaps some before it."""
        spec = self.spec
        if spec.every is not None and spec.every.unit in ELAPSED:
            anchor = read_moment(spec.every.anchor).as_start(self.zone)
            return map(Fire, interval_instants(anchor, spec.every.amount, spec.every.unit, since))
        if spec.rrule is not None and (rule := parse_rule(spec.rrule)).elapsed_hours:
            return map(Fire, elapsed_instants(rule, self._first or begin, since, self.zone))
        if spec.once is not None and (instant := read_moment(spec.once).instant) is not None:
            return iter([Fire(instant)])
        # At the very end of a gap, local times left out land here; a repeated hour ahead shows again local
        # times that are already past by the present offset.
        near = (since - timedelta(seconds=1), since, since + _DAY)
        wall = since + min(offset_at(instant, self.zone) for instant in near)
        walls, elapsed = self._walls(wall, begin)
        return placed(walls, self.zone, spec.gap, spec.fold, elapsed)

    def _walls(self, since: datetime, begin: datetime) -> tuple[Iterator[datetime], bool]:
        spec = self.spec
        if spec.cron is not None:
            cron = parse_cron(spec.cron)
            return cron_slots(cron, since), cron.elapsed_hours
        if spec.rrule is not None:
            rule = parse_rule(spec.rrule)
            dtstart = read_moment(spec.start).as_wall(self.zone) if spec.start else to_local(begin, self.zone)
            return wall_times(rule, dtstart, since), False
        if spec.every is not None:
            anchor = read_moment(spec.every.anchor).as_wall(self.zone)
            return interval_walls(anchor, spec.every.amount, spec.every.unit, since), False
        return iter([read_moment(str(spec.once)).as_wall(self.zone)]), False

    def _occurrence(self, fire: Fire) -> Occurrence:
        at = (fire.instant + self.jitter).replace(tzinfo=UTC)
        local = at.astimezone(self.zone)
        offset = local.utcoffset() or timedelta()
        moved = (*fire.moved, "jitter") if self.jitter else fire.moved
        fixed = local.replace(tzinfo=timezone(offset), fold=0)
        return Occurrence(at, fixed, "+".join(moved) or None, fire.collapsed)


def jitter(workflow_id: str, most_seconds: int) -> timedelta:
    """A delay of 0 to `most_seconds`, always the same for the same workflow."""
    if not most_seconds:
        return timedelta()
    digest = hashlib.sha256(workflow_id.encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % (most_seconds + 1))


def _openness(spec: ScheduleSpec) -> Openness | None:
    if spec.business_hours is None and spec.holidays is None and not spec.closures:
        return None
    week = spec.business_hours.week if spec.business_hours is not None else ALL_DAY
    closed = frozenset((*spec.closures, *spec.skip_dates))
    return Openness(week, spec.holidays, closed)


def _last(spec: ScheduleSpec, zone: ZoneInfo) -> datetime | None:
    ends = [read_moment(spec.end).as_end(zone)] if spec.end else []
    rule = parse_rule(spec.rrule) if spec.rrule is not None else None
    if rule is not None and rule.until is not None:
        ends.append(rule.until if rule.until_is_utc else first_instant(rule.until, zone))
    return min(ends, default=None)


def _naive_utc(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise refuse(
            "from", f"year {moment.year} is out of range.", f"Use a year from {FIRST_YEAR} to {LAST_YEAR}."
        )
    at = moment.astimezone(UTC)
    # A plain one: what Airflow hands over is a subclass with a calendar arithmetic of its own.
    return datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)  # noqa: DTZ001
