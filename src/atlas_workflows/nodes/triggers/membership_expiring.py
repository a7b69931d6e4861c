"""A membership ends in some days."""

from pydantic import Field

from atlas_workflows.nodes.fields import Count, Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class MembershipExpiringParameters(TriggerParameters):
    days_before: Count = Field(7, description="How many days before its end.")
    membership_types: list[Name] = Field(
        default_factory=list, description="Only these memberships; empty means any."
    )


NODE = TriggerType(
    name="membership_expiring",
    title="Membership about to expire",
    category="membership",
    documentation="A membership ends in some days.",
    parameters=MembershipExpiringParameters,
    questions=(one_of("membership_types", "trigger.membership_type", "contact.membership_type"),),
)
