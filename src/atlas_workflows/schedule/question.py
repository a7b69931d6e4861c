"""The question "when does it fire next?" as JSON in and JSON out: one for the command line, batches, API and builder.

A question is a schedule spec (its fields at the top, or under `spec`) with `from`, `count`, `workflow_id` and
`no_more_often_than_seconds` beside it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from atlas_workflows.schedule.frequency import check_frequency
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.occurrences import Occurrence, Schedule
from atlas_workflows.schedule.recurrence import parse_rule
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.spec import RULES, ScheduleSpec, parse_spec
from atlas_workflows.time_zones import TZDATA_VERSION

DEFAULT_COUNT = 10
MAXIMUM_COUNT = 100_000
ASIDE = ("from", "count", "workflow_id", "no_more_often_than_seconds", "id")


def answer(question: Any, now: datetime) -> dict[str, Any]:
    """{"occurrences": [{"at", "local", "adjustment"}], "tzdata"}; raises ScheduleRefused naming the field.

    `now` (aware) stands in for a missing `from`. Several slots at one instant are one entry with `collapsed`.
    """
    spec = spec_of(question)
    schedule = Schedule(spec, workflow_id=str(question.get("workflow_id", "")))
    since = _since(question.get("from"), schedule, now)
    if (bound := question.get("no_more_often_than_seconds")) is not None:
        check_frequency(spec, timedelta(seconds=_whole(bound, "no_more_often_than_seconds", 31_622_400)))
    count = _whole(question.get("count", DEFAULT_COUNT), "count", MAXIMUM_COUNT)
    found = schedule.next(since, count)
    if not found and _is_endless(spec):
        raise refuse(
            _rule_of(spec), "it never fires within the search horizon.", "Check days, dates and hours."
        )
    return {"occurrences": [occurrence_to_json(each) for each in found], "tzdata": TZDATA_VERSION}


def spec_of(question: Any) -> ScheduleSpec:
    """The spec inside a question; raises ScheduleRefused."""
    if not isinstance(question, Mapping):
        raise refuse(
            "schedule", "a JSON object belongs here.", 'Write {"cron": "0 9 * * 1-5", "timezone": …}.'
        )
    flat = {key: value for key, value in question.items() if key not in ASIDE}
    nested = flat.pop("spec", {})
    return parse_spec({**flat, **nested} if isinstance(nested, Mapping) else nested)


def occurrence_to_json(occurrence: Occurrence) -> dict[str, Any]:
    """Texts in ISO 8601; `collapsed` only where several slots met."""
    entry: dict[str, Any] = {
        "at": occurrence.at.replace(tzinfo=None).isoformat() + "Z",
        "local": occurrence.local.isoformat(),
        "adjustment": occurrence.adjustment,
    }
    if occurrence.collapsed > 1:
        entry["collapsed"] = occurrence.collapsed
    return entry


def _since(value: Any, schedule: Schedule, now: datetime) -> datetime:
    if value is None:
        # A bare RRULE takes its time of day from its start; a whole minute is what people mean.
        return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if not isinstance(value, str):
        raise refuse("from", "an ISO 8601 text belongs here.", "Write 2026-03-29T00:00:00Z.")
    return read_moment(value, "from").as_start(schedule.zone).replace(tzinfo=UTC)


def _whole(value: Any, field: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise refuse(
            field, f"{str(value)[:20]} is not between 1 and {most}.", "Give a whole number in that range."
        )
    return value


def _is_endless(spec: ScheduleSpec) -> bool:
    if spec.once is not None or spec.end is not None:
        return False
    rule = parse_rule(spec.rrule) if spec.rrule is not None else None
    return rule is None or (rule.until is None and not rule.counted)


def _rule_of(spec: ScheduleSpec) -> str:
    return next(rule for rule in RULES if getattr(spec, rule) is not None)
