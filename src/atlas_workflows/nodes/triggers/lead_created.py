"""A lead was added to the CRM."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class LeadCreatedParameters(TriggerParameters):
    sources: list[Name] = Field(
        default_factory=list, description="Only leads from one of these sources; empty means any."
    )
    tags: list[Name] = Field(
        default_factory=list, description="Only leads that carry at least one of these tags; empty means any."
    )
    minimum_score: Number | None = Field(None, description="Only leads with at least this score.")
    maximum_score: Number | None = Field(None, description="Only leads with at most this score.")
    source_id: Name | None = Field(None, description="Only leads of this one source record.")


NODE = TriggerType(
    name="lead_created",
    title="Lead created",
    category="leads",
    documentation="A lead was added to the CRM.",
    parameters=LeadCreatedParameters,
)
