"""Opens an opportunity for the subject."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import NumberOrTemplate, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class CreateOpportunityParameters(ActionParameters):
    name: Text = Field(description="Its name.")
    value: NumberOrTemplate | None = Field(
        None, description="What it is worth, in the organization's currency."
    )
    stage: Text | None = Field(None, description="First stage.")
    pipeline: Text | None = Field(None, description="Pipeline; the default one where left out.")


NODE = NodeType(
    name="create_opportunity",
    title="Create opportunity",
    category="crm",
    documentation="Opens an opportunity for the subject.",
    parameters=CreateOpportunityParameters,
    effect=Effect.INTERNAL,
    idempotency="The opportunity's id is derived from (execution, node, iteration), so it is inserted once.",
    causes=("opportunity_created",),
    missing_codes={"name": "MISSING_OPPORTUNITY_NAME"},
)
