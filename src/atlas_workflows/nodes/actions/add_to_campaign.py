"""Puts the subject into a campaign."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AddToCampaignParameters(ActionParameters):
    campaign_id: Text = Field(description="Which campaign.")


NODE = NodeType(
    name="add_to_campaign",
    title="Add to campaign",
    category="campaigns",
    documentation="Puts the subject into a campaign.",
    parameters=AddToCampaignParameters,
    effect=Effect.INTERNAL,
    idempotency="Who is in is not added again.",
    missing_codes={"campaign_id": "MISSING_CAMPAIGN"},
)
