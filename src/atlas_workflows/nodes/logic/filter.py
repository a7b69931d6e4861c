"""Lets the execution pass, or the fitting items of a list."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.expressions.wording import decide
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.fields import Condition, DataPath, VariableName
from atlas_workflows.nodes.items import items_at
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.nodes.template_faults import path_faults


class FilterParameters(Parameters):
    condition: Condition = Field(description="What has to be true; with items, asked of each as `item`.")
    items: DataPath | None = Field(None, description="Path of a list. Where left out the filter is a gate.")
    output: VariableName | None = Field(None, description="Variable that takes the items that passed.")


def review(parameters: FilterParameters) -> Iterable[Fault]:
    yield from path_faults(parameters.items, "items")


def run(call: Call) -> Outcome:
    parameters: FilterParameters = call.parameters
    if parameters.items is None:
        passes, reason = decide(parameters.condition, call.scope, call.at)
        return Done({"passed": passes}, "main" if passes else "rejected", note=reason)
    kept = [item for item in items_at(call, parameters.items) if call.holds(parameters.condition, item=item)]
    variables = {parameters.output: kept} if parameters.output else {}
    return Done({"items": kept, "count": len(kept)}, variables=variables)


NODE = NodeType(
    name="filter",
    title="Filter",
    category="flow",
    documentation=(
        "Without items a gate: leaves by main where the condition holds, else by rejected, where the branch "
        "usually ends. With items it keeps those for which the condition holds and leaves by main."
    ),
    parameters=FilterParameters,
    effect=Effect.NONE,
    idempotency="The answer is stored with the step; a repeat takes the same way.",
    role=Role.CHOICE,
    ports=("main", "rejected"),
    missing_codes={"condition": "INCOMPLETE_CONDITION"},
    review=review,
    run=run,
)
