"""Adds to, subtracts from or sets the lead's score; the result stays within 0 and 100."""

from collections.abc import Mapping as Object
from typing import Any, Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.expressions.values import number
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import NumberOrTemplate
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class UpdateLeadScoreParameters(ActionParameters):
    operation: Literal["add", "subtract", "set"] = Field("add", description="What is done with value.")
    value: NumberOrTemplate = Field(description="Points.")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:
    points = number(content["value"])
    if points is None:
        raise StepFailed("data", "The points are no number.")
    known = number(contact.get("score")) or 0
    score = {"add": known + points, "subtract": known - points}.get(content.get("operation", "add"), points)
    return {"score": min(max(score, 0), 100)}


NODE = NodeType(
    name="update_lead_score",
    title="Change lead score",
    category="crm",
    documentation="Adds to, subtracts from or sets the lead's score; the result stays within 0 and 100.",
    parameters=UpdateLeadScoreParameters,
    effect=Effect.INTERNAL,
    idempotency="The effect ledger holds the key (execution, node, iteration), so points are added once.",
    causes=("lead_score_changed", "lead_score_threshold", "lead_became_hot", "lead_became_cold"),
    missing_codes={"value": "MISSING_SCORE_VALUE"},
    run=perform_with(changes),
)
