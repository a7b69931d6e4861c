"""Books an appointment or a class for the subject."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Mapping, Moment, NumberOrTemplate, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class BookAppointmentParameters(ActionParameters):
    appointment_type: Text | None = Field(None, description="Type of appointment or class.")
    starts_at: Moment | None = Field(None, description="ISO time or template.")
    duration_minutes: NumberOrTemplate | None = Field(None, description="How long it takes.")
    staff_id: Text | None = Field(None, description="With whom.")
    options: Mapping = Field(default_factory=dict, description="Further settings of the booking system.")


NODE = NodeType(
    name="book_appointment",
    title="Book appointment",
    category="booking",
    documentation="Books an appointment or a class for the subject.",
    parameters=BookAppointmentParameters,
    effect=Effect.INTERNAL,
    causes=("appointment_booked", "booking_created"),
    idempotency="The appointment's id is derived from (execution, node, iteration), so it is booked once.",
)
