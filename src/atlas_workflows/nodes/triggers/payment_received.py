"""A payment succeeded."""

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class PaymentReceivedParameters(TriggerParameters):
    minimum_amount: Number | None = Field(None, description="Only from this amount on.")


NODE = TriggerType(
    name="payment_received",
    title="Payment received",
    category="sales",
    documentation="A payment succeeded.",
    parameters=PaymentReceivedParameters,
)
