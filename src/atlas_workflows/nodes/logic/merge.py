"""Brings branches together."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Gather, Outcome
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Positive
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters

_YEAR = 366 * 86_400


class MergeParameters(Parameters):
    mode: Literal["all", "first", "quorum"] = Field("all", description="For how many branches it waits.")
    quorum: Positive | None = Field(None, description="quorum: number of branches.")
    timeout_seconds: Annotated[int | float, Field(gt=0, le=_YEAR)] | None = Field(
        None, description="Longest wait after the first branch came; then it leaves by timeout."
    )


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return ("main", "timeout") if parameters.get("timeout_seconds") is not None else ("main",)


def review(parameters: MergeParameters) -> Iterable[Fault]:
    if parameters.mode == "quorum" and parameters.quorum is None:
        yield missing("MISSING_QUORUM", "quorum", "The number of branches to wait for")


def run(call: Call) -> Outcome:
    parameters: MergeParameters = call.parameters
    needed = {"all": None, "first": 1, "quorum": parameters.quorum}[parameters.mode]
    return Gather(needed, parameters.timeout_seconds)


NODE = NodeType(
    name="merge",
    title="Merge",
    category="flow",
    documentation=(
        "Waits for branches and goes on once: all waits for every branch that can still come (one that ended "
        "before is not waited for), first goes on with the first, quorum with a given number. What comes later "
        "is absorbed."
    ),
    parameters=MergeParameters,
    effect=Effect.NONE,
    idempotency="Which branches have come is stored in the execution's state.",
    role=Role.MERGE,
    ports=ports,
    port_notes="timeout only where there is one",
    review=review,
    run=run,
)
