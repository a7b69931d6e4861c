"""Sets a variable."""

from typing import Any, Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class SetVariableParameters(Parameters):
    name: VariableName = Field(description="Name of the variable.")
    value: Any = Field(
        description="New value; texts may be templates, and one that is nothing but a template keeps its type."
    )
    scope: Literal["execution", "workflow", "global"] = Field(
        "execution", description="execution: this execution only; workflow and global outlive it."
    )


def run(call: Call) -> Outcome:
    parameters: SetVariableParameters = call.parameters
    value = call.value(parameters.value)
    return Done({"name": parameters.name, "value": value}, variables={parameters.name: value})


NODE = NodeType(
    name="set_variable",
    title="Set variable",
    category="data",
    documentation="Sets a variable, which is found under `variables` from then on.",
    parameters=SetVariableParameters,
    effect=Effect.NONE,
    idempotency="Setting the same value again changes nothing.",
    missing_codes={"name": "MISSING_VARIABLE_NAME", "value": "MISSING_VARIABLE_VALUE"},
    run=run,
)
