"""Calculates a number from a formula."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.expressions.formula import calculate
from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.fields import VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.template_faults import formula_faults


class CalculateValueParameters(ActionParameters):
    expression: str = Field(description="Formula, e.g. contact.visits * 2 + 1.")
    output: VariableName = Field(description="Variable that takes the result.")


def review(parameters: CalculateValueParameters) -> Iterable[Fault]:
    yield from formula_faults(parameters.expression, "expression")


def run(call: Call) -> Outcome:
    parameters: CalculateValueParameters = call.parameters
    result = call.plain(calculate(parameters.expression, call.scope, now=call.now, timezone=call.at.zone))
    return Done(
        {"value": result}, variables={parameters.output: result}, input={"expression": parameters.expression}
    )


NODE = NodeType(
    name="calculate_value",
    title="Calculate",
    category="data",
    documentation="Calculates a number from a formula.",
    parameters=CalculateValueParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"expression": "MISSING_EXPRESSION", "output": "MISSING_OUTPUT"},
    review=review,
    run=run,
)
