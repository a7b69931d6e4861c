"""A lead's score went over or under a threshold. It fires on the crossing only, not while the score stays there."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import Condition, crosses_down, crosses_up


class LeadScoreThresholdParameters(TriggerParameters):
    threshold: Number = Field(80, description="The threshold; 0 is a threshold like any other.")
    direction: Literal["above", "below", "crosses"] = Field(
        "above",
        description="above: from below it to it or over; below: from it or over to under it; crosses: either way.",
    )


def conditions(parameters: LeadScoreThresholdParameters) -> list[Condition]:
    ways = {"above": [crosses_up], "below": [crosses_down], "crosses": [crosses_up, crosses_down]}[
        parameters.direction
    ]
    found = [way(parameters.threshold, "trigger.previous_score", "trigger.new_score") for way in ways]
    return [{"operator": "or", "conditions": found}]


NODE = TriggerType(
    name="lead_score_threshold",
    title="Lead score passes a threshold",
    category="leads",
    documentation="A lead's score went over or under a threshold. It fires on the crossing only, not while the score stays there.",
    parameters=LeadScoreThresholdParameters,
    conditions=conditions,
)
