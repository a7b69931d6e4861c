"""An appointment was cancelled."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_most, one_of, same


class AppointmentCancelledParameters(TriggerParameters):
    appointment_types: list[Name] = Field(
        default_factory=list, description="Only these types of appointment; empty means any."
    )
    staff_ids: list[Name] = Field(
        default_factory=list, description="Only appointments with these people; empty means any."
    )
    cancelled_by: Literal["customer", "staff", "system", "any"] = Field(
        "any", description="Only cancellations by them."
    )
    notice_hours: Number | None = Field(
        None, description="Only cancellations at most this many hours before the start."
    )


NODE = TriggerType(
    name="appointment_cancelled",
    title="Appointment cancelled",
    category="booking",
    documentation="An appointment was cancelled.",
    parameters=AppointmentCancelledParameters,
    questions=(
        one_of("appointment_types", "trigger.appointment_type", "appointment.type"),
        one_of("staff_ids", "trigger.staff_id", "appointment.staff_id"),
        same("cancelled_by", "trigger.cancelled_by"),
        at_most("notice_hours", "trigger.notice_hours"),
    ),
)
