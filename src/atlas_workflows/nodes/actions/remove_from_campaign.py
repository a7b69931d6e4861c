"""Takes the subject out of a campaign."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class RemoveFromCampaignParameters(ActionParameters):
    campaign_id: Text = Field(description="Which campaign.")


NODE = NodeType(
    name="remove_from_campaign",
    title="Remove from campaign",
    category="campaigns",
    documentation="Takes the subject out of a campaign.",
    parameters=RemoveFromCampaignParameters,
    effect=Effect.INTERNAL,
    idempotency="Who is out is not removed again.",
    missing_codes={"campaign_id": "MISSING_CAMPAIGN"},
)
