"""The predicted risk of losing a member went over a threshold."""

from decimal import Decimal

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import Condition, crosses_up


class ChurnRiskParameters(TriggerParameters):
    threshold: Number = Field(
        Decimal("0.7"), description="Risk from 0 to 1 from which it fires, on the crossing only."
    )


def conditions(parameters: ChurnRiskParameters) -> list[Condition]:
    return [crosses_up(parameters.threshold, "trigger.previous_risk", "trigger.risk")]


NODE = TriggerType(
    name="churn_risk",
    title="Churn risk",
    category="membership",
    documentation="The predicted risk of losing a member went over a threshold.",
    parameters=ChurnRiskParameters,
    conditions=conditions,
)
