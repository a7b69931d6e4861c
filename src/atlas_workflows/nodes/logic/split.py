"""Sends each subject one of several ways, by weight."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome, StepFailed
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.fields import NonNegative, PortName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class Branch(Parameters):
    """A way and its share."""

    port: PortName = Field(description="Port that this share leaves by.")
    weight: NonNegative = Field(description="Its share beside the other weights; they need not sum to 100.")


class SplitParameters(Parameters):
    branches: list[Branch] = Field(description="The ways and their shares.")
    sticky: bool = Field(
        True, description="Whether the same subject always goes the same way at this node of this workflow."
    )


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    branches = parameters.get("branches")
    named = [b.get("port") for b in branches if isinstance(b, dict)] if isinstance(branches, list) else []
    return tuple(dict.fromkeys(port for port in named if isinstance(port, str)))


def review(parameters: SplitParameters) -> Iterable[Fault]:
    branches = parameters.branches
    if not any(branch.weight for branch in branches):
        message = "The weights sum to zero, so no way can be chosen."
        yield Fault(
            "SPLIT_WEIGHTS_ZERO", "branches", message, "Give at least one branch a weight above zero."
        )
    if len({branch.port for branch in branches}) < len(branches):
        message = "Several branches leave by the same port."
        yield Fault("DUPLICATE_PORT", "branches", message, "Give each branch its own port.")


def run(call: Call) -> Outcome:
    parameters: SplitParameters = call.parameters
    total = sum(Decimal(str(branch.weight)) for branch in parameters.branches)
    if not total:
        raise StepFailed("configuration", "The weights sum to zero, so no way can be chosen.")
    place = _share(call.workflow, call.node.id, call.subject if parameters.sticky else call.key) * total
    port = parameters.branches[-1].port
    for branch in parameters.branches:
        place -= Decimal(str(branch.weight))
        if place < 0:
            port = branch.port
            break
    return Done({"port": port}, port)


def _share(*names: str) -> Decimal:
    """A number from 0 to below 1, the same for the same names; as JSON, in which no two lists of names read alike."""
    return Decimal(int.from_bytes(hashlib.sha256(json.dumps(names).encode()).digest()[:8])) / 2**64


NODE = NodeType(
    name="split",
    title="Split",
    category="flow",
    documentation="Sends each subject one of several ways, by weight; the choice is a stable hash, not a dice roll.",
    parameters=SplitParameters,
    effect=Effect.NONE,
    idempotency="The way follows from workflow, node and subject (or execution) alone, so a repeat takes the same.",
    role=Role.CHOICE,
    ports=ports,
    port_notes="one per branch",
    path_codes=lambda port: "UNCONNECTED_SPLIT_BRANCH",  # noqa: ARG005
    missing_codes={"branches": "MISSING_SPLIT_BRANCHES"},
    review=review,
    run=run,
)
