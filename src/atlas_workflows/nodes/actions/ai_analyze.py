"""Lets a model look at the subject or at a text."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Name, Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AiAnalyzeParameters(ActionParameters):
    prompt: Text | None = Field(None, description="What the model is asked.")
    input: Text | None = Field(None, description="What it looks at; the subject where left out.")
    model: Name | None = Field(None, description="Which model.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="ai_analyze",
    title="Analyse with AI",
    category="ai",
    documentation="Lets a model look at the subject or at a text.",
    parameters=AiAnalyzeParameters,
    effect=Effect.EXTERNAL,
    idempotency="The result is stored under the effect's key and used again.",
)
