"""Sends the execution one way or the other."""

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.expressions.wording import decide
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Condition
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class ConditionParameters(Parameters):
    condition: Condition = Field(description="What is asked.")


def run(call: Call) -> Outcome:
    holds, reason = decide(call.parameters.condition, call.scope, call.at)
    return Done({"result": holds}, "true" if holds else "false", note=reason)


NODE = NodeType(
    name="condition",
    title="Condition",
    category="flow",
    documentation="Asks a condition and leaves by true or by false, never by both.",
    parameters=ConditionParameters,
    effect=Effect.NONE,
    idempotency="The answer is stored with the step; a repeat takes the same way.",
    role=Role.CHOICE,
    ports=("true", "false"),
    path_codes={"true": "MISSING_TRUE_PATH", "false": "MISSING_FALSE_PATH"}.get,
    missing_codes={"condition": "MISSING_CONDITION_TYPE"},
    run=run,
)
