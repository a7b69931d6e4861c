"""A schedule says when."""

from pydantic import Field

from atlas_workflows.nodes.fields import ScheduleSpec
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class ScheduleParameters(TriggerParameters):
    schedule: ScheduleSpec = Field(description="When it fires: cron, RRULE, every so often, or once.")


NODE = TriggerType(
    name="schedule",
    title="Schedule",
    category="scheduling",
    documentation="A schedule says when. See the schedule rules for gaps, repeated hours and holidays.",
    parameters=ScheduleParameters,
    missing_codes={"schedule": "MISSING_SCHEDULE"},
)
