"""A call was booked."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class CallBookedParameters(TriggerParameters):
    call_types: list[Name] = Field(
        default_factory=list, description="Only these types of call; empty means any."
    )


NODE = TriggerType(
    name="call_booked",
    title="Call booked",
    category="booking",
    documentation="A call was booked.",
    parameters=CallBookedParameters,
)
