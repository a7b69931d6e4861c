"""Airflow's timetable over our schedules: it only asks `schedule`, so a DAG run is due exactly when `atlas schedule next` says.

A DAG run's data interval is the due instant alone, as with Airflow's own cron timetables since version 3; so the logical
date is the occurrence, and what happens in between belongs to nobody. An Airflow backfill goes through every occurrence
of its range; the scheduler starts what the catch-up policy of the schedule wants.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from atlas_workflows.schedule.decisions import next_due
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.occurrences import Occurrence, Schedule
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.spec import RULES, ScheduleSpec, parse_spec, spec_to_json
from atlas_workflows.time_zones import TZDATA_VERSION

KEPT = 8_192
LONGEST_SUMMARY = 100


class RecurringTimetable(Timetable):  # type: ignore[misc]  # Airflow ships no types we follow
    """When a recurring workflow is due. Raises ScheduleRefused for a schedule that is none, naming the field.

    `workflow_id` decides the workflow's jitter; `tzdata` names the time zone data the schedule was published under.
    """

    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(
        self, schedule: Mapping[str, Any], *, workflow_id: str = "", tzdata: str = TZDATA_VERSION
    ) -> None:
        self.workflow_id = workflow_id
        self.tzdata = tzdata
        self.schedule = _schedule(json.dumps(schedule, sort_keys=True), workflow_id)
        self.description = describe(self.schedule.spec)

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "RecurringTimetable":
        return cls(data["schedule"], workflow_id=data["workflow_id"], tzdata=data["tzdata"])

    def serialize(self) -> dict[str, Any]:
        document = spec_to_json(self.schedule.spec)
        return {"schedule": document, "workflow_id": self.workflow_id, "tzdata": self.tzdata}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecurringTimetable) and self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((self.workflow_id, self.tzdata, self.summary))

    @property
    def summary(self) -> str:
        spec = self.schedule.spec
        text = f"{_rule(spec)} {spec.timezone}"
        return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1]}…"

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """A DAG run started by hand stands for the instant it was started at."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self,
        *,
        last_automated_data_interval: DataInterval | None,
        restriction: TimeRestriction,
    ) -> DagRunInfo | None:
        last = None if last_automated_data_interval is None else last_automated_data_interval.end
        if restriction.catchup:
            found = self._every(last, restriction.earliest)
        else:
            found = next_due(self.schedule, self.now(), after=last, not_before=restriction.earliest)
        if found is None or (restriction.latest is not None and found.at > restriction.latest):
            return None
        return DagRunInfo.exact(pendulum.instance(found.at))

    def _every(self, last: datetime | None, earliest: datetime | None) -> Occurrence | None:
        """The next one of an Airflow backfill, which asks for all of a range however long ago they were due."""
        if not self.schedule.spec.enabled or (last is None and earliest is None):
            return None
        found = None if last is None else self.schedule.after(last)
        if earliest is not None and (last is None or last < earliest):
            found = next(self.schedule.since(earliest), None)
        return found


@lru_cache(maxsize=KEPT)
def _schedule(text: str, workflow_id: str) -> Schedule:
    spec = parse_spec(json.loads(text))
    if spec.rrule is not None and spec.start is None:
        raise refuse(
            "start",
            "a recurrence rule counts from its start; without one every question would move it.",
            "Say from when on it counts.",
        )
    return Schedule(spec, workflow_id=workflow_id)


def _rule(spec: ScheduleSpec) -> str:
    if spec.every is not None:
        return f"every {spec.every.amount} {spec.every.unit}"
    return str(next(getattr(spec, rule) for rule in RULES if getattr(spec, rule) is not None))
