"""Renders a template into a variable."""

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class FormatTextParameters(ActionParameters):
    text: Text = Field(description="The template.")
    output: VariableName = Field(description="Variable that takes the result.")


def run(call: Call) -> Outcome:
    parameters: FormatTextParameters = call.parameters
    text = call.text(parameters.text) if isinstance(parameters.text, str) else parameters.text
    return Done({"text": text}, variables={parameters.output: text})


NODE = NodeType(
    name="format_text",
    title="Format text",
    category="data",
    documentation="Renders a template into a variable.",
    parameters=FormatTextParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"text": "MISSING_TEXT", "output": "MISSING_OUTPUT"},
    run=run,
)
