"""RFC 5545 recurrence rules: dateutil enumerates naive wall-clock times, within bounds of ours.

dateutil starts at DTSTART however long ago that was and searches to the year 9999 for a rule that never
matches; so the start is moved forward by whole intervals and every fruitless day burns a fuse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, WEEKLY, YEARLY, rrule, rrulestr, weekday

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.refusal import refuse

MAXIMUM_LENGTH = 500
MAXIMUM_COUNT = 10_000
MAXIMUM_INTERVAL = 10_000
HORIZON_YEARS = 100
# 54 years; the rarest rules that people mean, such as 29 February on a Monday, come every 28.
FRUITLESS_DAYS = 20_000
_PART = re.compile(r"[A-Z]+=[A-Z0-9,+\-]+")
_FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"}
_KNOWN = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY",
    "BYWEEKNO", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS", "BYEASTER",
}  # fmt: skip
STEP = {DAILY: timedelta(days=1), HOURLY: timedelta(hours=1), MINUTELY: timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule; `until` is naive local time, or naive UTC where `until_is_utc`."""

    text: str
    body: str
    until: datetime | None
    until_is_utc: bool
    count: int | None
    elapsed_hours: bool
    names_minutes: bool

    @property
    def counted(self) -> bool:
        return self.count is not None


class _Fuse(frozenset[int]):
    """Months or weekdays of the rule, which dateutil asks for every day it looks at; burns after too many in vain."""

    spent = 0

    def __contains__(self, month: object) -> bool:
        self.spent += 1
        if self.spent > FRUITLESS_DAYS:
            raise _Burnt
        return super().__contains__(month)


class _Burnt(Exception):
    """No occurrence within FRUITLESS_DAYS."""


@lru_cache(maxsize=4096)
def parse_rule(text: str) -> Rule:
    """Parse and check; raises ScheduleRefused (field `rrule`) naming the part that is wrong."""
    parts = _read_parts(text)
    until = _read_until(parts.pop("UNTIL", None))
    body = ";".join(f"{key}={value}" for key, value in parts.items())
    rule = Rule(
        text=text.strip().upper().removeprefix("RRULE:"),
        body=body,
        until=until[0],
        until_is_utc=until[1],
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        elapsed_hours=parts["FREQ"] in ("HOURLY", "MINUTELY") and "BYHOUR" not in parts,
        names_minutes="BYMINUTE" in parts,
    )
    _try(rule)
    return rule


def _try(rule: Rule) -> None:
    """Refuse what no start makes sense of; dateutil finds some mistakes only when it enumerates.

    FREQ=HOURLY;INTERVAL=3;BYHOUR=8 is sound or empty by the hour of DTSTART, so several starts are tried.
    """
    starts = [datetime(2024, 1, 1) + timedelta(minutes=61 * step) for step in range(60)]  # noqa: DTZ001 - wall clock
    for start in starts:
        try:
            next(wall_times(rule, start, start), None)
        except IndexError as cause:
            raise refuse(
                "rrule", f"{rule.text[:80]!r} counts beyond its month or year.", "Use -5 to 5."
            ) from cause
        except ScheduleRefused:
            if start is starts[-1]:
                raise
        else:
            return


def wall_times(rule: Rule, dtstart: datetime, since: datetime) -> Iterator[datetime]:
    """Naive local times of the rule from `since` on, ascending; ends after FRUITLESS_DAYS without one."""
    built, start = _from_a_whole_week(build(rule, dtstart), dtstart)
    if not rule.counted:
        built = _moved_forward(built, start, since - timedelta(days=1))
    left = rule.count
    for wall in _burning(built):
        if wall.year > since.year + HORIZON_YEARS:
            return
        if wall < dtstart:
            continue
        if left is not None:
            left -= 1
            if left < 0:
                return
        if wall >= since:
            yield wall


def days_allowed(built: Any, first: date) -> Iterator[date]:
    """Days from `first` on that the rule's months, weekdays and days of month or year allow."""
    daily = _restarted(built, datetime.combine(first, datetime.min.time()), DAILY)
    return (wall.date() for wall in _burning(daily))


def _burning(built: Any) -> Iterator[datetime]:
    fuse = _light(built)
    try:
        for wall in built:
            fuse.spent = 0
            yield wall
    except _Burnt:
        return


def _from_a_whole_week(built: Any, dtstart: datetime) -> tuple[Any, datetime]:
    """BYSETPOS counts within the whole set of a period; dateutil lets the set of the first week begin at DTSTART."""
    start = dtstart.replace(second=0, microsecond=0)
    if built._freq != WEEKLY or not built._bysetpos:
        return built, start
    start -= timedelta(days=(start.weekday() - built._wkst) % 7)
    return _restarted(built, start.replace(hour=0, minute=0)), start


def _light(built: Any) -> _Fuse:
    # Where no month is given all weekdays are: twelve explicit months would turn "20th Monday of the year"
    # into one of each month.
    fuse = _Fuse(built._bymonth or built._byweekday or range(7))
    if built._bymonth:
        built._bymonth = fuse
    else:
        built._byweekday = fuse
    return fuse


def _read_parts(text: str) -> dict[str, str]:
    upper = text.strip().upper().removeprefix("RRULE:")
    if len(upper) > MAXIMUM_LENGTH:
        raise refuse("rrule", f"longer than {MAXIMUM_LENGTH} characters.", "Shorten the lists.")
    parts: dict[str, str] = {}
    for part in upper.split(";"):
        if _PART.fullmatch(part) is None:
            raise refuse("rrule", f"{part[:40]!r} is not KEY=VALUE.", "Write FREQ=WEEKLY;BYDAY=MO,WE.")
        key, _, value = part.partition("=")
        if key in parts:
            raise refuse("rrule", f"{key} is given twice.", "Give each part once.")
        parts[key] = value
    _check_parts(parts)
    return parts


def _check_parts(parts: dict[str, str]) -> None:
    for key in parts:
        if key not in _KNOWN:
            raise refuse(
                "rrule", f"{key} is not supported.", "Schedules are exact to the minute: no BYSECOND."
            )
    if parts.get("FREQ") not in _FREQUENCIES:
        raise refuse(
            "rrule",
            f"FREQ={parts.get('FREQ', '')} is not one of {', '.join(sorted(_FREQUENCIES))}.",
            "SECONDLY fires more often than once a minute.",
        )
    for key, most in (("INTERVAL", MAXIMUM_INTERVAL), ("COUNT", MAXIMUM_COUNT)):
        value = parts.get(key, "1")
        if not value.isdigit() or not 1 <= int(value[:9]) <= most or len(value) > 9:
            raise refuse(
                "rrule", f"{key}={value[:20]} is not between 1 and {most}.", "Choose a smaller number."
            )
    if "COUNT" in parts and "UNTIL" in parts:
        raise refuse("rrule", "COUNT and UNTIL exclude each other.", "Keep one of them.")


def _read_until(text: str | None) -> tuple[datetime | None, bool]:
    if text is None:
        return None, False
    utc = text.endswith("Z")
    for form in ("%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            value = datetime.strptime(text.removesuffix("Z"), form)  # noqa: DTZ007 - the zone is the schedule's
        except ValueError:
            continue
        return (value if "T" in text else value.replace(hour=23, minute=59, second=59)), utc
    raise refuse("rrule", f"UNTIL={text[:20]} is not understood.", "Write UNTIL=20261231T235959Z.")


def build(rule: Rule, dtstart: datetime) -> Any:
    """dateutil's form of the rule, without UNTIL; raises ScheduleRefused."""
    try:
        return rrulestr(rule.body, dtstart=dtstart.replace(second=0, microsecond=0))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as cause:
        raise refuse(
            "rrule", f"{rule.text[:80]!r} is not understood: {cause}.", "See RFC 5545, 3.3.10."
        ) from cause


def _moved_forward(built: Any, dtstart: datetime, since: datetime) -> Any:
    """The same rule from a later start on its own grid of intervals."""
    start = dtstart.replace(second=0, microsecond=0)
    if since <= start:
        return built
    interval = built._interval
    if built._freq in (MONTHLY, YEARLY):
        months = interval * (1 if built._freq == MONTHLY else 12)
        passed = (since.year - start.year) * 12 + since.month - start.month
        later = (passed // months) * months
        year, month = divmod(start.year * 12 + start.month - 1 + later, 12)
        return _restarted(built, start.replace(year=year, month=month + 1, day=1))
    step = STEP.get(built._freq, timedelta(weeks=1)) * interval
    if built._freq == WEEKLY:
        since -= step
    return _restarted(built, start + ((since - start) // step) * step if since > start else start)


def _restarted(built: Any, start: datetime, frequency: int | None = None) -> Any:
    """dateutil derives missing parts from DTSTART; the derived ones of the first start are kept.

    With another `frequency` only what says which days it is.
    """
    steps = (
        {"freq": frequency}
        if frequency is not None
        else {
            "freq": built._freq,
            "interval": built._interval,
            "bysetpos": built._bysetpos,
            "byhour": built._byhour,
            "byminute": built._byminute,
            "bysecond": (0,),
        }
    )
    return rrule(
        **steps,
        dtstart=start,
        wkst=built._wkst,
        bymonth=built._bymonth or None,
        bymonthday=[*built._bymonthday, *built._bynmonthday] or None,
        byyearday=built._byyearday or None,
        byweekno=built._byweekno or None,
        byweekday=_weekdays(built),
        byeaster=built._byeaster,
    )


def _weekdays(built: Any) -> Any:
    plain = [weekday(day) for day in built._byweekday or ()]
    nth = [weekday(day, n) for day, n in built._bynweekday or ()]
    return [*plain, *nth] or None
