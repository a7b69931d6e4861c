"""Takes the subject out of a sequence."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class RemoveFromSequenceParameters(ActionParameters):
    sequence_id: Text = Field(description="Which sequence.")


NODE = NodeType(
    name="remove_from_sequence",
    title="Remove from sequence",
    category="campaigns",
    documentation="Takes the subject out of a sequence.",
    parameters=RemoveFromSequenceParameters,
    effect=Effect.INTERNAL,
    idempotency="Who is out is not removed again.",
    missing_codes={"sequence_id": "MISSING_SEQUENCE"},
)
