"""A member attended for the first time."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class FirstSessionParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")


NODE = TriggerType(
    name="first_session",
    title="First session",
    category="booking",
    documentation="A member attended for the first time.",
    parameters=FirstSessionParameters,
    questions=(one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),),
)
