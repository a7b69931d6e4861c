"""Another system called our endpoint."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Text
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import headers_as_asked, same, signed_if_asked


class WebhookParameters(TriggerParameters):
    endpoint_id: Name | None = Field(
        None, description="Id of the endpoint; old ones are kept so that callers need no change."
    )
    secret: Text | None = Field(
        None,
        description="Secret that signed the calls of the old application; the endpoint's own is what counts.",
    )
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "any"] = Field(
        "POST", description="HTTP method that is accepted."
    )
    headers: dict[str, Text] | None = Field(None, description="Headers that a call has to carry.")
    event: Name | None = Field(None, description="Only calls whose event has this name.")
    verify_signature: bool | None = Field(
        None,
        description="Only signed calls, also where the endpoint takes others; whether it does is the endpoint's to say.",
    )


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
        headers_as_asked("headers"),
        signed_if_asked("verify_signature"),
    ),
)
