"""A lead's score changed by at least some points."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class LeadScoreChangedParameters(TriggerParameters):
    min_change: Number = Field(10, description="Smallest change that counts, inclusive.")
    direction: Literal["increase", "decrease", "any"] = Field(
        "any", description="Which way it has to change."
    )


NODE = TriggerType(
    name="lead_score_changed",
    title="Lead score changed",
    category="leads",
    documentation="A lead's score changed by at least some points.",
    parameters=LeadScoreChangedParameters,
)
