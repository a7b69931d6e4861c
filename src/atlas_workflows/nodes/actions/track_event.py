"""Publishes an event that analytics and other workflows can see."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Mapping, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class TrackEventParameters(ActionParameters):
    name: Text = Field(description="Name of the event.")
    properties: Mapping = Field(
        default_factory=dict, description="What comes with it; texts may be templates."
    )


NODE = NodeType(
    name="track_event",
    title="Track event",
    category="integration",
    documentation="Publishes an event that analytics and other workflows can see.",
    parameters=TrackEventParameters,
    effect=Effect.INTERNAL,
    causes=("event",),
    idempotency="The event's id is derived from (execution, node, iteration); a repeat is recognised.",
    missing_codes={"name": "MISSING_EVENT_NAME"},
)
