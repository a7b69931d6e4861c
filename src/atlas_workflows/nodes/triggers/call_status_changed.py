"""A call's status changed."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class CallStatusChangedParameters(TriggerParameters):
    statuses: list[Name] = Field(
        default_factory=list, description="Only changes to one of these statuses; empty means any."
    )


NODE = TriggerType(
    name="call_status_changed",
    title="Call status changed",
    category="booking",
    documentation="A call's status changed.",
    parameters=CallStatusChangedParameters,
    questions=(one_of("statuses", "trigger.status"),),
)
