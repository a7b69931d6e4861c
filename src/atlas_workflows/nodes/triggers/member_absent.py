"""A member has not been in for some days. It fires once per absence."""

from pydantic import Field

from atlas_workflows.nodes.fields import Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class MemberAbsentParameters(TriggerParameters):
    days: Positive = Field(14, description="Days since the last visit.")


NODE = TriggerType(
    name="member_absent",
    title="Member absent",
    category="membership",
    documentation="A member has not been in for some days. It fires once per absence.",
    parameters=MemberAbsentParameters,
)
