"""Cancels an appointment or a booking."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Mapping, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_on_appointment


class CancelAppointmentParameters(ActionParameters):
    appointment_id: Text | None = Field(
        None, description="Which one; the one that started the execution where left out."
    )
    refund_policy: Text | None = Field(None, description="What happens to the payment.")
    reason: Text | None = Field(None, description="Why.")
    options: Mapping = Field(default_factory=dict, description="Further settings of the booking system.")


NODE = NodeType(
    name="cancel_appointment",
    title="Cancel appointment",
    category="booking",
    documentation="Cancels an appointment or a booking.",
    parameters=CancelAppointmentParameters,
    effect=Effect.INTERNAL,
    causes=("appointment_cancelled", "booking_cancelled"),
    idempotency="What is cancelled is not cancelled again.",
    run=perform_on_appointment,
)
