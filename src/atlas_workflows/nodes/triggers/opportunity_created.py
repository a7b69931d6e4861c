"""An opportunity was opened."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class OpportunityCreatedParameters(TriggerParameters):
    pipeline: Name | None = Field(None, description="Only in this pipeline.")
    minimum_value: Number | None = Field(None, description="Only from this value on.")


NODE = TriggerType(
    name="opportunity_created",
    title="Opportunity created",
    category="sales",
    documentation="An opportunity was opened.",
    parameters=OpportunityCreatedParameters,
)
