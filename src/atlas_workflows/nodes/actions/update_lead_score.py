"""Adds to, subtracts from or sets the lead's score; the result stays within 0 and 100."""

from typing import Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import NumberOrTemplate
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class UpdateLeadScoreParameters(ActionParameters):
    operation: Literal["add", "subtract", "set"] = Field("add", description="What is done with value.")
    value: NumberOrTemplate = Field(description="Points.")


NODE = NodeType(
    name="update_lead_score",
    title="Change lead score",
    category="crm",
    documentation="Adds to, subtracts from or sets the lead's score; the result stays within 0 and 100.",
    parameters=UpdateLeadScoreParameters,
    effect=Effect.INTERNAL,
    idempotency="The effect ledger holds the key (execution, node, iteration), so points are added once.",
    missing_codes={"value": "MISSING_SCORE_VALUE"},
)
