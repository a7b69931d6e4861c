"""Ends the execution."""

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, End, Outcome
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class EndParameters(Parameters):
    outcome: Name = Field("completed", description="Outcome that the execution is recorded with.")


def run(call: Call) -> Outcome:
    return End(call.parameters.outcome)


NODE = NodeType(
    name="end",
    title="End",
    category="flow",
    documentation="Ends the whole execution with an outcome, other branches included. (A branch also ends where no edge leads on.)",
    parameters=EndParameters,
    effect=Effect.NONE,
    idempotency="An ended execution stays ended.",
    role=Role.END,
    ports=(),
    run=run,
)
