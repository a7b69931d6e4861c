"""Puts the subject into a sequence."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AddToSequenceParameters(ActionParameters):
    sequence_id: Text = Field(description="Which sequence.")


NODE = NodeType(
    name="add_to_sequence",
    title="Add to sequence",
    category="campaigns",
    documentation="Puts the subject into a sequence.",
    parameters=AddToSequenceParameters,
    effect=Effect.INTERNAL,
    idempotency="Who is in is not added again.",
    missing_codes={"sequence_id": "MISSING_SEQUENCE"},
)
