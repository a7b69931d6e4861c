"""A place in a class was booked."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class BookingCreatedParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")


NODE = TriggerType(
    name="booking_created",
    title="Booking created",
    category="booking",
    documentation="A place in a class was booked.",
    parameters=BookingCreatedParameters,
    questions=(one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),),
)
