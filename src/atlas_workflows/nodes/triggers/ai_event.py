"""An AI model reported something."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least, same


class AiEventParameters(TriggerParameters):
    event: Name | None = Field(None, description="Only events of this name.")
    minimum_confidence: Number | None = Field(None, description="Only from this confidence on, from 0 to 1.")


NODE = TriggerType(
    name="ai_event",
    title="AI event",
    category="external",
    documentation="An AI model reported something.",
    parameters=AiEventParameters,
    questions=(
        same("event", "trigger.event"),
        at_least("minimum_confidence", "trigger.confidence"),
    ),
)
