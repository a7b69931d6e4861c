"""The last place in a class was taken."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class ClassFullParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")


NODE = TriggerType(
    name="class_full",
    title="Class full",
    category="booking",
    documentation="The last place in a class was taken.",
    parameters=ClassFullParameters,
    questions=(one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),),
)
