"""A payment succeeded."""

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least


class PaymentReceivedParameters(TriggerParameters):
    minimum_amount: Number | None = Field(None, description="Only from this amount on.")


NODE = TriggerType(
    name="payment_received",
    title="Payment received",
    category="sales",
    documentation="A payment succeeded.",
    parameters=PaymentReceivedParameters,
    questions=(at_least("minimum_amount", "trigger.amount"),),
)
