"""A node of the old application that has no counterpart: kept whole, never executed."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Outcome, StepFailed
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import advice
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class UnknownParameters(ActionParameters):
    legacy_type: str = Field(description="The type as the old application named it.")
    original: Any = Field(None, description="The old node, unchanged.")


def review(parameters: UnknownParameters) -> Iterable[Fault]:
    message = (
        f"The node type {parameters.legacy_type[:80]!r} has no counterpart; it is kept, but never executed."
    )
    yield advice("UNKNOWN_NODE_TYPE", "legacy_type", message, "Replace it by a node of the catalogue.")


def run(call: Call) -> Outcome:
    raise StepFailed("configuration", f"A node of type {call.node.type!r} cannot be executed.")


NODE = NodeType(
    name="unknown",
    title="Unknown node",
    category="flow",
    documentation="A node of the old application that has no counterpart: kept whole, never executed, passed through.",
    parameters=UnknownParameters,
    effect=Effect.NONE,
    idempotency="It is never executed.",
    role=Role.UNKNOWN,
    port_notes="whatever ports the old node had",
    review=review,
    run=run,
)
