"""A payment failed."""

from pydantic import Field

from atlas_workflows.nodes.fields import Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class PaymentFailedParameters(TriggerParameters):
    attempt_number: Positive | None = Field(None, description="Only at this attempt, counted from 1.")


NODE = TriggerType(
    name="payment_failed",
    title="Payment failed",
    category="sales",
    documentation="A payment failed.",
    parameters=PaymentFailedParameters,
    questions=(same("attempt_number", "trigger.attempt_number"),),
)
