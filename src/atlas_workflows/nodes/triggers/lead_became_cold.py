"""A lead's score fell under 40 from 40 or more."""

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters

NODE = TriggerType(
    name="lead_became_cold",
    title="Lead became cold",
    category="leads",
    documentation="A lead's score fell under 40 from 40 or more.",
    parameters=TriggerParameters,
)
