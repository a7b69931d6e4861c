"""An appointment's status changed."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class AppointmentStatusChangedParameters(TriggerParameters):
    appointment_types: list[Name] = Field(
        default_factory=list, description="Only these types of appointment; empty means any."
    )
    staff_ids: list[Name] = Field(
        default_factory=list, description="Only appointments with these people; empty means any."
    )
    statuses: list[Name] = Field(
        default_factory=list, description="Only changes to one of these statuses; empty means any."
    )


NODE = TriggerType(
    name="appointment_status_changed",
    title="Appointment status changed",
    category="booking",
    documentation="An appointment's status changed.",
    parameters=AppointmentStatusChangedParameters,
    questions=(
        one_of("appointment_types", "trigger.appointment_type", "appointment.type"),
        one_of("staff_ids", "trigger.staff_id", "appointment.staff_id"),
        one_of("statuses", "trigger.status", "appointment.status"),
    ),
)
