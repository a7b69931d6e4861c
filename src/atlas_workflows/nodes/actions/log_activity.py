"""Writes an entry into the subject's history."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class LogActivityParameters(ActionParameters):
    activity_type: Text = Field(description="Kind of activity.")
    description: Text | None = Field(None, description="What happened.")


NODE = NodeType(
    name="log_activity",
    title="Log activity",
    category="crm",
    documentation="Writes an entry into the subject's history.",
    parameters=LogActivityParameters,
    effect=Effect.INTERNAL,
    idempotency="The entry's id is derived from (execution, node, iteration), so it is inserted once.",
    missing_codes={"activity_type": "MISSING_ACTIVITY_TYPE"},
)
