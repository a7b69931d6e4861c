"""Makes somebody the subject's owner."""

from collections.abc import Mapping as Object
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class AssignLeadParameters(ActionParameters):
    user_id: Text = Field(description="The new owner.")
    notify_assignee: bool = Field(False, description="Whether they are told.")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:  # noqa: ARG001
    return {"assigned_to": content["user_id"]}


NODE = NodeType(
    name="assign_lead",
    title="Assign lead",
    category="crm",
    documentation="Makes somebody the subject's owner.",
    parameters=AssignLeadParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    causes=("lead_updated",),
    missing_codes={"user_id": "MISSING_ASSIGNEE"},
    run=perform_with(changes),
)
