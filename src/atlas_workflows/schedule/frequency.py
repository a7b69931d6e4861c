"""How often a schedule fires at most, and the bound that a plan or an operator sets."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.spec import RULES, ScheduleSpec

# No spec can fire more often than this: cron and RRULE are exact to the minute, intervals begin at one minute.
SHORTEST = timedelta(minutes=1)
SAMPLE = 1_500  # more than the minutes of a day, so that a busy hour anywhere in the day is seen
_ALWAYS_OPEN: dict[str, Any] = {
    "jitter_seconds": 0,
    "business_hours": None,
    "holidays": None,
    "closures": [],
    "skip_dates": [],
}
_SOMEWHERE = datetime(2024, 1, 1, tzinfo=UTC)


def shortest_distance(spec: ScheduleSpec) -> timedelta | None:
    """The smallest distance among the first SAMPLE occurrences of the rule; None where there are fewer than two.

    Closed times are left aside: they drop and join occurrences, and may move single ones together.
    """
    plain = spec.model_copy(update=_ALWAYS_OPEN)
    found = [occurrence.at for occurrence in islice(Schedule(plain).since(_SOMEWHERE), SAMPLE)]
    return min((later - earlier for earlier, later in pairwise(found)), default=None)


def check_frequency(spec: ScheduleSpec, bound: timedelta) -> None:
    """Raises ScheduleRefused (field: the rule) for a schedule that fires more often than every `bound`."""
    distance = shortest_distance(spec)
    if distance is not None and distance < bound:
        field = next(rule for rule in RULES if getattr(spec, rule) is not None)
        raise refuse(
            field,
            f"it fires every {_words(distance)}; at most every {_words(bound)} is allowed.",
            "Choose a longer step.",
        )


def _words(distance: timedelta) -> str:
    seconds = int(distance.total_seconds())
    amount, unit = (seconds // 60, "minute") if seconds % 60 == 0 else (seconds, "second")
    return unit if amount == 1 else f"{amount} {unit}s"
