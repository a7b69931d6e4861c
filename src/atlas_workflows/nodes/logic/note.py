"""A remark on the canvas."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class NoteParameters(Parameters):
    text: str = Field("", description="The remark.")


NODE = NodeType(
    name="note",
    title="Note",
    category="flow",
    documentation="A remark on the canvas; never executed, never connected.",
    parameters=NoteParameters,
    effect=Effect.NONE,
    idempotency="It is never executed.",
    role=Role.NOTE,
    ports_in=(),
    ports=(),
)
