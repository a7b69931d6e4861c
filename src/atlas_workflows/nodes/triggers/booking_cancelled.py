"""A booking of a class was cancelled."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_most, one_of


class BookingCancelledParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")
    notice_hours: Number | None = Field(
        None, description="Only cancellations at most this many hours before the start."
    )


NODE = TriggerType(
    name="booking_cancelled",
    title="Booking cancelled",
    category="booking",
    documentation="A booking of a class was cancelled.",
    parameters=BookingCancelledParameters,
    questions=(
        one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),
        at_most("notice_hours", "trigger.notice_hours"),
    ),
)
