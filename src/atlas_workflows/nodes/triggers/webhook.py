"""Another system called our endpoint."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Text
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class WebhookParameters(TriggerParameters):
    endpoint_id: Name | None = Field(
        None, description="Id of the endpoint; old ones are kept so that callers need no change."
    )
    secret: Text | None = Field(None, description="Secret that signs the calls.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "any"] = Field(
        "POST", description="HTTP method that is accepted."
    )
    headers: dict[str, Text] | None = Field(None, description="Headers that a call has to carry.")
    event: Name | None = Field(None, description="Only calls whose event has this name.")
    verify_signature: bool = Field(True, description="Whether a call without a right signature is refused.")


NODE = TriggerType(
    name="webhook",
    title="Webhook",
    category="external",
    documentation="Another system called our endpoint.",
    parameters=WebhookParameters,
    questions=(
        same("endpoint_id", "trigger.endpoint_id"),
        same("event", "trigger.event"),
        same("method", "trigger.method"),
    ),
)
