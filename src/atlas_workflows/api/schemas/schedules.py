"""When a schedule fires, and what it says in words."""

from typing import Any

from pydantic import ConfigDict

from atlas_workflows.api.manners.exact import Model


class ScheduleQuestion(Model):
    """A schedule with what is asked of it: `from`, `count`, `no_more_often_than_seconds`; see the reference of schedules."""

    model_config = ConfigDict(extra="allow")


class Occurrence(Model):
    """An instant in UTC and on the schedule's clock; `adjustment` names what moved it, `collapsed` how many slots met in it."""

    at: str
    local: str
    adjustment: str | None
    collapsed: int | None = None


class SchedulePreview(Model):
    """The next occurrences, and the time zone data they were computed with."""

    occurrences: list[Occurrence]
    tzdata: str


class Description(Model):
    """A schedule in words, and in its normal form."""

    description: str
    schedule: dict[str, Any]
