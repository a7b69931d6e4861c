"""Sets the status of the subject's lead record."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class UpdateLeadStatusParameters(ActionParameters):
    status: Text = Field(description="New status, e.g. new, contacted, qualified, converted, lost.")


NODE = NodeType(
    name="update_lead_status",
    title="Change lead status",
    category="crm",
    documentation="Sets the status of the subject's lead record.",
    parameters=UpdateLeadStatusParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    missing_codes={"status": "MISSING_STATUS"},
)
