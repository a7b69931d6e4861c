"""Checks the subject in."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Mapping, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_on_appointment


class CheckInParameters(ActionParameters):
    appointment_id: Text | None = Field(
        None, description="To what; the one that started the execution where left out."
    )
    options: Mapping = Field(default_factory=dict, description="Further settings of the booking system.")


NODE = NodeType(
    name="check_in",
    title="Check in",
    category="booking",
    documentation="Checks the subject in.",
    parameters=CheckInParameters,
    effect=Effect.INTERNAL,
    causes=("session_attended",),
    idempotency="Who is checked in is not checked in again.",
    run=perform_on_appointment,
)
