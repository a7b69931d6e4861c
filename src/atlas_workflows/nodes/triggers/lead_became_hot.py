"""A lead's score reached 80 from below."""

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import crosses_up

NODE = TriggerType(
    name="lead_became_hot",
    title="Lead became hot",
    category="leads",
    documentation="A lead's score reached 80 from below.",
    parameters=TriggerParameters,
    conditions=lambda _: [crosses_up(80, "trigger.previous_score", "trigger.new_score")],
)
