"""Calculates a number from a formula."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class CalculateValueParameters(ActionParameters):
    expression: Text = Field(description="Formula, e.g. contact.visits * 2 + 1.")
    output: VariableName = Field(description="Variable that takes the result.")


NODE = NodeType(
    name="calculate_value",
    title="Calculate",
    category="data",
    documentation="Calculates a number from a formula.",
    parameters=CalculateValueParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"expression": "MISSING_EXPRESSION", "output": "MISSING_OUTPUT"},
)
