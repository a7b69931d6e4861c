"""What an organization's plan and the calendar say of a workflow's schedules, before it is published."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.graph.model import Problem, Severity, Workflow
from atlas_workflows.rollout.evaluation import evaluation
from atlas_workflows.rollout.known import SHORTEST_MINUTES
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.schedule.publishable import refusals
from atlas_workflows.schedule.spec import ScheduleSpec, parse_spec


def schedule_problems(
    connection: Connection, organization: str, workflow: Workflow, now: datetime
) -> list[Problem]:
    """A problem for each schedule that never fires again, or more often than the plan allows."""
    specs = list(_specs(workflow))
    if not specs:
        return []
    bound = evaluation(PostgresFlags(connection), SHORTEST_MINUTES.key, UUID(organization), now=now)
    shortest = timedelta(minutes=int(bound.value))
    return [
        _problem(trigger, code, refusal)
        for trigger, spec in specs
        for code, refusal in refusals(spec, now, shortest)
    ]


def _specs(workflow: Workflow) -> Iterator[tuple[str, ScheduleSpec]]:
    """Those that can be read; validation has named the others."""
    for trigger in workflow.triggers:
        if trigger.type == "schedule" and trigger.enabled:
            try:
                yield trigger.id, parse_spec(trigger.parameters.get("schedule"))
            except ScheduleRefused:
                continue


def _problem(trigger: str, code: str, refusal: ScheduleRefused) -> Problem:
    field = refusal.attributes["field"]
    fact = refusal.fact.partition(": ")[2]
    return Problem(
        code, Severity.ERROR, f"schedule.{field} is not right: {fact}", refusal.remedy, trigger,
        f"parameters.schedule.{field}",
    )  # fmt: skip
