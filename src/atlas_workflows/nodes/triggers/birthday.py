"""It is a contact's birthday, or soon."""

from pydantic import Field

from atlas_workflows.nodes.fields import Count, TimeOfDay
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class BirthdayParameters(TriggerParameters):
    days_before: Count = Field(0, description="Days before the birthday; 0 is the day itself.")
    time: TimeOfDay = Field("09:00", description="Local time at which it fires.")


NODE = TriggerType(
    name="birthday",
    title="Birthday",
    category="contacts",
    documentation="It is a contact's birthday, or soon.",
    parameters=BirthdayParameters,
)
