"""A call was booked."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


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
    questions=(one_of("call_types", "trigger.call_type"),),
)
