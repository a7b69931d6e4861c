"""Sets the status of the subject's lead record."""

from collections.abc import Mapping as Object
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class UpdateLeadStatusParameters(ActionParameters):
    status: Text = Field(description="New status, e.g. new, contacted, qualified, converted, lost.")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:  # noqa: ARG001
    return {"status": content["status"]}


NODE = NodeType(
    name="update_lead_status",
    title="Change lead status",
    category="crm",
    documentation="Sets the status of the subject's lead record.",
    parameters=UpdateLeadStatusParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    causes=("lead_updated",),
    missing_codes={"status": "MISSING_STATUS"},
    run=perform_with(changes),
)
