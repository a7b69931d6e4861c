"""Sends a text message to the subject."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import advice, is_blank, missing
from atlas_workflows.nodes.fields import Name, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import SendParameters

_ONE_SEGMENT = 160  # characters of the GSM alphabet


class SendSmsParameters(SendParameters):
    message: Text | None = Field(None, description="Content.")
    template_id: Name | None = Field(None, description="Stored template, instead of message.")
    media_urls: list[Text] = Field(
        default_factory=list, description="Pictures to send along (MMS), by https URL of a public host."
    )


def review(parameters: SendSmsParameters) -> Iterable[Fault]:
    if is_blank(parameters.message) and not parameters.template_id:
        yield missing("MISSING_SMS_MESSAGE", "message", "The message")
    length = len(parameters.message) if isinstance(parameters.message, str) else 0
    if length > _ONE_SEGMENT:
        said = f"The message has {length} characters; beyond {_ONE_SEGMENT} it is sent and charged in several parts."
        yield advice("SMS_TOO_LONG", "message", said, "Shorten it, or leave it if that is meant.")


NODE = NodeType(
    name="send_sms",
    title="Send SMS",
    category="communication",
    documentation="Sends a text message to the subject.",
    parameters=SendSmsParameters,
    effect=Effect.EXTERNAL,
    causes=("message_sent",),
    idempotency="The effect ledger holds the key (execution, node, iteration): what is done is not done again.",
    role=Role.SEND,
    review=review,
)
