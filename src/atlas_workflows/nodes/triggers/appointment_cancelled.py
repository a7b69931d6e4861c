"""An appointment was cancelled."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


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
)
