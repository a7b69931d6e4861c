"""A lead's score fell under 40 from 40 or more."""

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import crosses_down

NODE = TriggerType(
    name="lead_became_cold",
    title="Lead became cold",
    category="leads",
    documentation="A lead's score fell under 40 from 40 or more.",
    parameters=TriggerParameters,
    conditions=lambda _: [crosses_down(40, "trigger.previous_score", "trigger.new_score")],
)
