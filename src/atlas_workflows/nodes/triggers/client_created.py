"""A client was added, or a member joined."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class ClientCreatedParameters(TriggerParameters):
    membership_types: list[Name] = Field(
        default_factory=list, description="Only clients with one of these memberships; empty means any."
    )


NODE = TriggerType(
    name="client_created",
    title="Client created",
    category="leads",
    documentation="A client was added, or a member joined.",
    parameters=ClientCreatedParameters,
    questions=(one_of("membership_types", "trigger.membership_type", "contact.membership_type"),),
)
