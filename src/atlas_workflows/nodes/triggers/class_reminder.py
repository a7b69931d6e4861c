"""A booked class begins in some hours."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, NonNegative
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class ClassReminderParameters(TriggerParameters):
    hours_before: NonNegative = Field(24, description="Hours before its start.")
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")


NODE = TriggerType(
    name="class_reminder",
    title="Class reminder",
    category="booking",
    documentation="A booked class begins in some hours.",
    parameters=ClassReminderParameters,
    questions=(one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),),
)
