"""A message came in from a contact."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Keyword
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import mentions, same


class MessageReceivedParameters(TriggerParameters):
    channel: Literal["sms", "whatsapp", "email", "facebook", "instagram", "any"] = Field(
        "any", description="Only messages on this channel."
    )
    keywords: list[Keyword] = Field(
        default_factory=list,
        description="Only messages in which one of these stands as whole words, in any case; empty means any.",
    )


NODE = TriggerType(
    name="message_received",
    title="Message received",
    category="communication",
    documentation="A message came in from a contact.",
    parameters=MessageReceivedParameters,
    questions=(
        same("channel", "trigger.channel"),
        mentions("keywords", "trigger.message", "trigger.text", "trigger.body"),
    ),
)
