"""An appointment was booked."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


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
    questions=(
        one_of("appointment_types", "trigger.appointment_type", "appointment.type"),
        one_of("staff_ids", "trigger.staff_id", "appointment.staff_id"),
    ),
)
