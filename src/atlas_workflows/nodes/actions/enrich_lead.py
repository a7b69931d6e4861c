"""Looks up what else is known about the subject."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Name, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class EnrichLeadParameters(ActionParameters):
    provider: Name | None = Field(None, description="Which service.")
    fields: list[Name] = Field(default_factory=list, description="Fields wanted; empty means all.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="enrich_lead",
    title="Enrich lead",
    category="ai",
    documentation="Looks up what else is known about the subject.",
    parameters=EnrichLeadParameters,
    effect=Effect.EXTERNAL,
    causes=("lead_updated", "contact_changed"),
    idempotency="The result is stored under the effect's key and used again.",
)
