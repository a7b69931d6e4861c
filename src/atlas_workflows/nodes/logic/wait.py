"""Holds the execution until a time, an event or a condition."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Wait
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class WaitParameters(Parameters):
    wait: Wait = Field(description="For how long, until when, or for what.")


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    wait = parameters.get("wait")
    is_bounded = (
        isinstance(wait, dict)
        and wait.get("kind") in ("until_event", "until_condition")
        and wait.get("timeout") is not None
    )
    return ("main", "timeout") if is_bounded else ("main",)


NODE = NodeType(
    name="wait",
    title="Wait",
    category="flow",
    documentation=(
        "Holds the execution: for a length of time, until a moment, a time of day, business hours, until events "
        "come or a condition holds. It is as long as it says; nothing cuts it short."
    ),
    parameters=WaitParameters,
    effect=Effect.NONE,
    idempotency="The due time is stored when the wait begins and does not move on a repeat.",
    role=Role.PAUSE,
    ports=ports,
    port_notes="timeout only where the wait has one",
    missing_codes={"wait": "MISSING_WAIT_TYPE"},
)
