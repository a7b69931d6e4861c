"""Starts or schedules a call to the subject."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import SendParameters


class MakeCallParameters(SendParameters):
    message: Text | None = Field(None, description="What is said or the script for the caller.")
    assigned_to: Text | None = Field(None, description="Who calls; the subject's owner where left out.")


NODE = NodeType(
    name="make_call",
    title="Make a call",
    category="communication",
    documentation="Starts or schedules a call to the subject.",
    parameters=MakeCallParameters,
    effect=Effect.EXTERNAL,
    idempotency="The effect ledger holds the key (execution, node, iteration): what is done is not done again.",
    role=Role.SEND,
)
