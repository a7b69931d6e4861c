"""Makes somebody the subject's owner."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AssignLeadParameters(ActionParameters):
    user_id: Text = Field(description="The new owner.")
    notify_assignee: bool = Field(False, description="Whether they are told.")


NODE = NodeType(
    name="assign_lead",
    title="Assign lead",
    category="crm",
    documentation="Makes somebody the subject's owner.",
    parameters=AssignLeadParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    missing_codes={"user_id": "MISSING_ASSIGNEE"},
)
