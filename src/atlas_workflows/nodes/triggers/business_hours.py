"""The business opens or closes."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import BusinessHours, Zone
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class BusinessHoursParameters(TriggerParameters):
    at: Literal["opening", "closing"] = Field("opening", description="Which of the two.")
    hours: BusinessHours | None = Field(
        None, description="Business hours; the organization's own where left out."
    )
    timezone: Zone | None = Field(None, description="IANA zone; the workflow's own where left out.")


NODE = TriggerType(
    name="business_hours",
    title="Business hours",
    category="scheduling",
    documentation="The business opens or closes.",
    parameters=BusinessHoursParameters,
)
