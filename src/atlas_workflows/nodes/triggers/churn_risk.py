"""The predicted risk of losing a member went over a threshold."""

from decimal import Decimal

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class ChurnRiskParameters(TriggerParameters):
    threshold: Number = Field(
        Decimal("0.7"), description="Risk from 0 to 1 from which it fires, on the crossing only."
    )


NODE = TriggerType(
    name="churn_risk",
    title="Churn risk",
    category="membership",
    documentation="The predicted risk of losing a member went over a threshold.",
    parameters=ChurnRiskParameters,
)
