"""A schedule in words that a gym owner understands."""

from atlas_workflows.schedule.cron import Cron, parse_cron
from atlas_workflows.schedule.cron_days import DaysOfMonth, DaysOfWeek
from atlas_workflows.schedule.spec import ScheduleSpec

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
GAP = {"next": "", "skip": "A time that the clock change leaves out is skipped."}
FOLD = {
    "first": "",
    "second": "A time that occurs twice fires the second time.",
    "both": "A time that occurs twice fires both times.",
}
CLOSED = {
    "skip": "dropped",
    "next": "moved to the next opening",
    "previous": "moved to the last minute before closing",
}


def describe(spec: ScheduleSpec) -> str:
    """One paragraph: the rule, the zone, then each policy that is not the default."""
    sentences = [f"{_rule(spec)} ({spec.timezone})."]
    if spec.start or spec.end:
        sentences.append(_between(spec))
    sentences += [sentence for sentence in (GAP[spec.gap], FOLD[spec.fold], *_closed(spec)) if sentence]
    if spec.jitter_seconds:
        sentences.append(f"Each workflow has its own fixed delay of up to {spec.jitter_seconds} seconds.")
    return " ".join(sentences)


def describe_cron(cron: Cron) -> str:
    """ "At 09:00 on Monday to Friday"; both day fields restricted reads "or", which is what it means."""
    words = f"{_times(cron)}{_days(cron)}"
    if len(cron.months) < 12:
        words += f" in {_listed([MONTHS[month - 1] for month in cron.months])}"
    return words


def _rule(spec: ScheduleSpec) -> str:
    if spec.cron is not None:
        return describe_cron(parse_cron(spec.cron))
    if spec.rrule is not None:
        return f"By the rule {spec.rrule}"
    if spec.every is not None:
        unit = spec.every.unit if spec.every.amount > 1 else spec.every.unit[:-1]
        amount = f"{spec.every.amount} " if spec.every.amount > 1 else ""
        return f"Every {amount}{unit}, counted from {spec.every.anchor.replace('T', ' ')}"
    return f"Once, at {str(spec.once).replace('T', ' ')}"


def _between(spec: ScheduleSpec) -> str:
    since = f"from {spec.start}" if spec.start else ""
    until = f"until {spec.end}" if spec.end else ""
    return f"Only {' '.join(part for part in (since, until) if part)}."


def _closed(spec: ScheduleSpec) -> list[str]:
    what = []
    if spec.business_hours is not None:
        what.append("outside business hours")
    if spec.holidays is not None:
        what.append(f"on public holidays of {spec.holidays}")
    if spec.closures:
        what.append(f"on {len(spec.closures)} closing days")
    words = [f"What falls {_listed(what, 'or')} is {CLOSED[spec.when_closed]}."] if what else []
    if spec.skip_dates:
        words.append(
            f"Never on {_listed([day.isoformat() for day in spec.skip_dates[:5]])}"
            f"{' and others' if len(spec.skip_dates) > 5 else ''}."
        )
    return words


def _times(cron: Cron) -> str:
    if len(cron.hours) == 24:
        return _each_hour(cron.minutes)
    if len(cron.hours) * len(cron.minutes) <= 6:
        return f"At {_listed([f'{hour:02}:{minute:02}' for hour in cron.hours for minute in cron.minutes])}"
    hours = _listed([f"{hour:02}" for hour in cron.hours])
    return f"{_each_hour(cron.minutes)} in the hours {hours}"


def _each_hour(minutes: tuple[int, ...]) -> str:
    step = minutes[1] - minutes[0] if len(minutes) > 1 else 60
    if minutes == tuple(range(0, 60, step)):
        return {1: "Every minute", 60: "Every hour"}.get(step, f"Every {step} minutes")
    named = _listed([str(minute) for minute in minutes])
    return f"At minute{'s' if len(minutes) > 1 else ''} {named} of every hour"


def _days(cron: Cron) -> str:
    month_days, weekdays = _month_days(cron.month_days), _weekdays(cron.weekdays)
    if month_days and weekdays:
        return f" on {month_days}, or on {weekdays}"
    if month_days or weekdays:
        return f" on {month_days or weekdays}"
    return " every day" if len(cron.hours) < 24 else ""


def _month_days(rule: DaysOfMonth) -> str:
    if rule.any:
        return ""
    words = [f"day {_listed([str(day) for day in rule.days])} of the month"] if rule.days else []
    words += [
        "the last day of the month" if back == 0 else f"{back} days before the month's last"
        for back in rule.from_last
    ]
    words += [f"the working day nearest to day {day}" for day in rule.nearest]
    if rule.last_weekday:
        words.append("the last working day of the month")
    return " or ".join(words)


def _weekdays(rule: DaysOfWeek) -> str:
    if rule.any:
        return ""
    words = [_plain_weekdays(rule.days)] if rule.days else []
    words += [f"the {ORDINALS[nth]} {WEEKDAYS[day]} of the month" for day, nth in rule.nth]
    words += [f"the last {WEEKDAYS[day]} of the month" for day in rule.last]
    return " or ".join(words)


def _plain_weekdays(days: tuple[int, ...]) -> str:
    if len(days) == 7:
        return "any weekday"
    if days == (1, 2, 3, 4, 5):
        return "Monday to Friday"
    if days == (0, 6):
        return "Saturday and Sunday"
    return _listed([WEEKDAYS[day] for day in days])


def _listed(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
