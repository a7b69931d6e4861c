"""Goes several ways at once."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Fork, Outcome
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters

MAX_BRANCHES = 100


class ParallelParameters(Parameters):
    branches: Annotated[int, Field(ge=2, le=MAX_BRANCHES)] = Field(
        2, description="Number of branches, at least 2."
    )


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    branches = parameters.get("branches", 2)
    if type(branches) is not int or not 0 <= branches <= MAX_BRANCHES:
        return ()
    return tuple(f"branch-{place}" for place in range(branches))


def run(call: Call) -> Outcome:
    return Fork(ports(call.node.parameters))


NODE = NodeType(
    name="parallel",
    title="Parallel",
    category="flow",
    documentation="Leaves by all of its ports at once; the branches do not wait for each other until a merge.",
    parameters=ParallelParameters,
    effect=Effect.NONE,
    idempotency="The tokens of all branches are stored together with the step.",
    role=Role.FORK,
    ports=ports,
    port_notes="branch-0 to branch-(n-1)",
    path_codes=lambda port: "UNCONNECTED_PARALLEL_BRANCH",  # noqa: ARG005
    missing_codes={"branches": "INSUFFICIENT_PARALLEL_BRANCHES"},
    wrong_codes={"branches": "INSUFFICIENT_PARALLEL_BRANCHES"},
    run=run,
)
