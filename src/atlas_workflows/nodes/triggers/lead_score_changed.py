"""A lead's score changed by at least some points."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import Condition


class LeadScoreChangedParameters(TriggerParameters):
    min_change: Number = Field(10, description="Smallest change that counts, inclusive.")
    direction: Literal["increase", "decrease", "any"] = Field(
        "any", description="Which way it has to change."
    )


def conditions(parameters: LeadScoreChangedParameters) -> list[Condition]:
    least = parameters.min_change
    up = {"field": "trigger.change", "operator": "greater_than_or_equal", "value": least}
    down = {"field": "trigger.change", "operator": "less_than_or_equal", "value": -least}
    ways = {"increase": [up], "decrease": [down], "any": [up, down]}[parameters.direction]
    return [{"operator": "or", "conditions": ways}]


NODE = TriggerType(
    name="lead_score_changed",
    title="Lead score changed",
    category="leads",
    documentation="A lead's score changed by at least some points.",
    parameters=LeadScoreChangedParameters,
    conditions=conditions,
)
