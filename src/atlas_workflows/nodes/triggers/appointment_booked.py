"""An appointment was booked."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class AppointmentBookedParameters(TriggerParameters):
    appointment_types: list[Name] = Field(
        default_factory=list, description="Only these types of appointment; empty means any."
    )
    staff_ids: list[Name] = Field(
        default_factory=list, description="Only appointments with these people; empty means any."
    )


NODE = TriggerType(
    name="appointment_booked",
    title="Appointment booked",
    category="booking",
    documentation="An appointment was booked.",
    parameters=AppointmentBookedParameters,
)
