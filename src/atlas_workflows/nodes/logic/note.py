"""A remark on the canvas."""

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Outcome, StepFailed
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class NoteParameters(Parameters):
    text: str = Field("", description="The remark.")


def run(call: Call) -> Outcome:
    raise StepFailed("configuration", f"A node of type {call.node.type!r} cannot be executed.")


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
    run=run,
)
