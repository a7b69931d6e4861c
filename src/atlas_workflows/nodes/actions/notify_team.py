"""Tells somebody on the team."""

from typing import Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class NotifyTeamParameters(ActionParameters):
    to: Text | None = Field(None, description="Person, role or channel; the subject's owner where left out.")
    channel: Literal["internal", "slack", "email"] = Field("internal", description="How they are told.")
    title: Text | None = Field(None, description="Headline.")
    message: Text = Field(description="What they are told.")


NODE = NodeType(
    name="notify_team",
    title="Notify the team",
    category="communication",
    documentation="Tells somebody on the team.",
    parameters=NotifyTeamParameters,
    effect=Effect.EXTERNAL,
    idempotency="The effect ledger holds the key (execution, node, iteration): what is done is not done again.",
    missing_codes={"message": "MISSING_NOTIFICATION_MESSAGE"},
)
