"""Cron expressions of five fields, with L, W and #, parsed once into value sets.

The dialect is croniter's where dialects differ; docs/reference/schedules.md lists what is ours.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from atlas_workflows.schedule.cron_days import DaysOfMonth, DaysOfWeek, check_possible
from atlas_workflows.schedule.cron_fields import (
    HOUR,
    MINUTE,
    MONTH,
    MONTH_DAY,
    WEEKDAY,
    read_part,
    read_values,
)
from atlas_workflows.schedule.refusal import refuse

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MAXIMUM_LENGTH = 400
UNSET = ("*", "?", "*/1")  # in a day field: leaves the choice to the other one
_NEAREST = re.compile("(?:([0-9]{1,2})W|W([0-9]{1,2}))", re.IGNORECASE)
_FROM_LAST = re.compile("L-([0-9]{1,2})", re.IGNORECASE)
_LAST_WEEKDAY = re.compile(r"(?:L(?P<after>\w{1,3})|(?P<before>[0-7]|[a-z]{3})L)", re.IGNORECASE)
_NTH = re.compile(r"(?P<days>[\w-]+)#(?P<nth>\w+)")


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: sorted minutes and hours, months, and which days.

    `elapsed_hours`: the hour field has a wildcard or a step, so both passes of a repeated hour count.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    month_days: DaysOfMonth
    weekdays: DaysOfWeek
    elapsed_hours: bool


@lru_cache(maxsize=4096)
def parse_cron(text: str) -> Cron:
    """Parse and check; raises ScheduleRefused (field `cron`) naming the part that is wrong or impossible."""
    fields = _split(text)
    minute, hour, month_day, month, weekday = fields
    minutes = tuple(sorted(read_values(MINUTE, minute)))
    hours = tuple(sorted(read_values(HOUR, hour)))
    cron = Cron(
        text=" ".join(fields),
        minutes=minutes,
        hours=hours,
        months=tuple(sorted(read_values(MONTH, month))),
        month_days=_read_month_days(month_day),
        weekdays=_read_weekdays(weekday),
        elapsed_hours="*" in hour or "/" in hour,
    )
    check_possible(cron.months, cron.month_days, cron.weekdays)
    return cron


def _split(text: str) -> list[str]:
    if len(text) > MAXIMUM_LENGTH:
        raise refuse("cron", f"longer than {MAXIMUM_LENGTH} characters.", "Shorten the lists.")
    stripped = text.strip()
    if stripped.startswith("@"):
        if stripped.lower() not in ALIASES:
            raise refuse("cron", f"{stripped!r} is not a known alias.", f"Known: {', '.join(ALIASES)}.")
        stripped = ALIASES[stripped.lower()]
    fields = stripped.split()
    if len(fields) != 5:
        hint = " Fields for seconds or years are not supported." if len(fields) in (6, 7) else ""
        raise refuse(
            "cron",
            f"{len(fields)} fields where five belong.{hint}",
            "Write: minute hour day-of-month month weekday.",
        )
    return fields


def _read_month_days(text: str) -> DaysOfMonth:
    if text in UNSET:
        return DaysOfMonth(any=True)
    days: set[int] = set()
    from_last: set[int] = set()
    nearest: set[int] = set()
    last_weekday = False
    for part in text.split(","):
        upper = part.upper()
        near, back = _NEAREST.fullmatch(part), _FROM_LAST.fullmatch(part)
        if upper == "L":
            from_last.add(0)
        elif upper in ("LW", "WL"):
            last_weekday = True
        elif back:
            from_last.add(MONTH_DAY.number(back[1]))
        elif near:
            nearest.add(MONTH_DAY.number(near[1] or near[2]))
        else:
            days.update(read_part(MONTH_DAY, part))
    return DaysOfMonth(
        days=tuple(sorted(days)),
        from_last=tuple(sorted(from_last)),
        nearest=tuple(sorted(nearest)),
        last_weekday=last_weekday,
    )


def _read_weekdays(text: str) -> DaysOfWeek:
    if text in UNSET:
        return DaysOfWeek(any=True)
    days: set[int] = set()
    nth: set[tuple[int, int]] = set()
    last: set[int] = set()
    for part in text.split(","):
        counted, final = _NTH.fullmatch(part), _LAST_WEEKDAY.fullmatch(part)
        if part.upper() == "L":
            raise WEEKDAY.refusal(
                "a lone 'L' means Saturday in some dialects; write 6, or 6L for the last Saturday"
            )
        if counted:
            nth.update((day % 7, _read_nth(counted["nth"])) for day in read_part(WEEKDAY, counted["days"]))
        elif final:
            last.add(WEEKDAY.number(final["after"] or final["before"]) % 7)
        else:
            days.update(day % 7 for day in read_part(WEEKDAY, part))
    return DaysOfWeek(days=tuple(sorted(days)), nth=tuple(sorted(nth)), last=tuple(sorted(last)))


def _read_nth(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise WEEKDAY.refusal(f"'#{text}' is not one of #1 to #5")
    return int(text)
