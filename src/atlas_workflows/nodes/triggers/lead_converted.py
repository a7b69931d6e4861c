"""A lead became a client."""

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters

NODE = TriggerType(
    name="lead_converted",
    title="Lead converted",
    category="leads",
    documentation="A lead became a client.",
    parameters=TriggerParameters,
)
