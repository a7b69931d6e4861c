"""Marks that a goal is reached, or waits at it."""

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, End, Outcome
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Condition, Name
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class GoalParameters(Parameters):
    name: Name = Field(description="Name of the goal, as reports show it.")
    condition: Condition | None = Field(None, description="The goal counts as reached only where this holds.")


def run(call: Call) -> Outcome:
    parameters: GoalParameters = call.parameters
    if parameters.condition is None or call.holds(parameters.condition):
        return End("goal_reached", f"The goal {parameters.name!r} is reached.")
    return Done({"reached": False}, note=f"The goal {parameters.name!r} is not reached yet.")


NODE = NodeType(
    name="goal",
    title="Goal",
    category="flow",
    documentation=(
        "Where the condition holds, or there is none, the goal is reached: the execution ends with the outcome "
        "goal_reached, other branches included. Otherwise the execution goes on by main."
    ),
    parameters=GoalParameters,
    effect=Effect.NONE,
    idempotency="An execution reaches a goal once; after it nothing is executed.",
    role=Role.CHOICE,
    missing_codes={"name": "MISSING_GOAL_NAME"},
    run=run,
)
