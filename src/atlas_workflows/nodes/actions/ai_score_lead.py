"""Lets a model give the lead a score from 0 to 100."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Name, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AiScoreLeadParameters(ActionParameters):
    model: Name | None = Field(None, description="Which model.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="ai_score_lead",
    title="Score lead with AI",
    category="ai",
    documentation="Lets a model give the lead a score from 0 to 100.",
    parameters=AiScoreLeadParameters,
    effect=Effect.EXTERNAL,
    causes=("lead_score_changed", "lead_score_threshold", "lead_became_hot", "lead_became_cold"),
    idempotency="The result is stored under the effect's key and used again.",
)
