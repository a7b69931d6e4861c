"""A membership was cancelled."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class MembershipCancelledParameters(TriggerParameters):
    membership_types: list[Name] = Field(
        default_factory=list, description="Only these memberships; empty means any."
    )


NODE = TriggerType(
    name="membership_cancelled",
    title="Membership cancelled",
    category="membership",
    documentation="A membership was cancelled.",
    parameters=MembershipCancelledParameters,
    questions=(one_of("membership_types", "trigger.membership_type", "contact.membership_type"),),
)
