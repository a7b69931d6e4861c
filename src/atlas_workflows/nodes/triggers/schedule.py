"""A schedule says when, and an audience about whom."""

from typing import Annotated

from pydantic import Field, StringConstraints

from atlas_workflows.nodes.fields import ScheduleSpec
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters

AudienceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class ScheduleParameters(TriggerParameters):
    schedule: ScheduleSpec = Field(description="When it fires: cron, RRULE, every so often, or once.")
    audience: AudienceName | None = Field(
        None,
        description="The saved audience query whom every occurrence is about, one execution for each; without it an "
        "occurrence is one execution about nobody.",
    )


NODE = TriggerType(
    name="schedule",
    title="Schedule",
    category="scheduling",
    documentation="A schedule says when, an audience about whom. See the schedule rules for gaps, repeated hours and "
    "holidays, and the audience queries.",
    parameters=ScheduleParameters,
    missing_codes={"schedule": "MISSING_SCHEDULE"},
)
