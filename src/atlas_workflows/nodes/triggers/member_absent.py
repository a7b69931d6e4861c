"""A member has not been in for some days. It fires once per absence."""

from pydantic import Field

from atlas_workflows.nodes.fields import Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least


class MemberAbsentParameters(TriggerParameters):
    days: Positive = Field(14, description="Days since the last visit.")


NODE = TriggerType(
    name="member_absent",
    title="Member absent",
    category="membership",
    documentation="A member has not been in for some days. It fires once per absence.",
    parameters=MemberAbsentParameters,
    questions=(at_least("days", "trigger.days_absent"),),
)
