"""Lets a model write a text."""

from typing import Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Name, NonNegative, Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AiGenerateParameters(ActionParameters):
    prompt: Text = Field(description="What it is asked to write.")
    model: Name | None = Field(None, description="Which model.")
    temperature: NonNegative | None = Field(None, description="How freely it writes.")
    response_format: Literal["text", "json"] | None = Field(None, description="Form of the answer.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="ai_generate",
    title="Write with AI",
    category="ai",
    documentation="Lets a model write a text.",
    parameters=AiGenerateParameters,
    effect=Effect.EXTERNAL,
    idempotency="The result is stored under the effect's key and used again.",
    missing_codes={"prompt": "MISSING_AI_PROMPT"},
)
