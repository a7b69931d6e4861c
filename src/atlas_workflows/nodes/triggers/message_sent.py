"""A message went out to a contact."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class MessageSentParameters(TriggerParameters):
    channel: Literal["sms", "whatsapp", "email", "facebook", "instagram", "any"] = Field(
        "any", description="Only messages on this channel."
    )


NODE = TriggerType(
    name="message_sent",
    title="Message sent",
    category="communication",
    documentation="A message went out to a contact.",
    parameters=MessageSentParameters,
    questions=(same("channel", "trigger.channel"),),
)
