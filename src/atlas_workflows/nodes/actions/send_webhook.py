"""Posts JSON to another system, signed."""

from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Name, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class SendWebhookParameters(ActionParameters):
    url: Text = Field(
        description="https URL of a public host; may be a template, checked when the step is executed where its host is one."
    )
    payload: Any | None = Field(
        None, description="JSON whose texts may be templates; the subject and the trigger where left out."
    )
    headers: dict[str, Text] | None = Field(None, description="Headers.")
    secret: Text | None = Field(None, description="Key of the signature.")
    event: Name | None = Field(None, description="Name of the event.")


NODE = NodeType(
    name="send_webhook",
    title="Send webhook",
    category="integration",
    documentation="Posts JSON to another system, signed.",
    parameters=SendWebhookParameters,
    effect=Effect.EXTERNAL,
    idempotency="The effect's key is sent as webhook id, so that the receiver can recognise a repeat.",
    missing_codes={"url": "MISSING_WEBHOOK_URL"},
)
