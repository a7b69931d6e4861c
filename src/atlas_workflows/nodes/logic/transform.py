"""Makes data out of data."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.fields import VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.operations import OPERATIONS, AnyOperation, CalculateOperation
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.nodes.template_faults import formula_faults, path_faults


class TransformParameters(Parameters):
    operations: list[AnyOperation] = Field(description="Operations, one after the other.")
    output: VariableName | None = Field(None, description="Variable that takes the last result as well.")


def review(parameters: TransformParameters) -> Iterable[Fault]:
    if not parameters.operations:
        message = "The transform has no operations, so it does nothing."
        yield Fault("MISSING_OPERATIONS", "operations", message, "Add an operation, or remove the node.")
    for place, operation in enumerate(parameters.operations):
        if isinstance(operation, CalculateOperation):
            yield from formula_faults(operation.expression, f"operations[{place}].expression")
        for name in ("source", "field"):
            yield from path_faults(getattr(operation, name, None), f"operations[{place}].{name}")
        for number, path in enumerate(getattr(operation, "sources", ())):
            yield from path_faults(path, f"operations[{place}].sources[{number}]")


def run(call: Call) -> Outcome:
    """Each operation sees the variables of those before it."""
    parameters: TransformParameters = call.parameters
    made: dict[str, Any] = {}
    result: Any = None
    for operation in parameters.operations:
        seen = {**call.scope, "variables": {**call.scope.get("variables", {}), **made}}
        result = OPERATIONS[type(operation)](replace(call, scope=seen), operation)
        made[operation.output] = result
    if parameters.output:
        made[parameters.output] = result
    return Done({"result": result}, variables=made)


NODE = NodeType(
    name="transform",
    title="Transform",
    category="data",
    documentation="Makes data out of data, one operation after the other; each writes a variable. No code is executed.",
    parameters=TransformParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"operations": "MISSING_OPERATIONS"},
    review=review,
    run=run,
)
