"""Sends a WhatsApp message to the subject."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Outcome
from atlas_workflows.expressions.placeholder import POSITIONS
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import is_blank, missing
from atlas_workflows.nodes.fields import Mapping, Name, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import SendParameters
from atlas_workflows.nodes.perform import ask, content_of, filled


class SendWhatsappParameters(SendParameters):
    session: Literal["template", "freeform"] = Field(
        "freeform",
        description="Free text is only allowed within 24 hours of the contact's last message; templates always.",
    )
    message: Text | None = Field(None, description="Content of a freeform message.")
    template_id: Name | None = Field(None, description="Approved template.")
    template_parameters: list[Text] = Field(
        default_factory=list, description="Values of {{1}}, {{2}}, … by position."
    )
    media_urls: list[Text] = Field(
        default_factory=list, description="Pictures or files to send along, by https URL of a public host."
    )
    buttons: list[Mapping] = Field(
        default_factory=list, description="Quick replies or links under the message."
    )


def review(parameters: SendWhatsappParameters) -> Iterable[Fault]:
    if parameters.session == "template" and not parameters.template_id:
        yield missing("MISSING_WHATSAPP_TEMPLATE", "template_id", "The approved template")
    if parameters.session == "freeform" and is_blank(parameters.message) and not parameters.template_id:
        yield missing("MISSING_WHATSAPP_MESSAGE", "message", "The message")


def run(call: Call) -> Outcome:
    message, positional = call.node.parameters.get("message"), call.node.parameters.get("template_parameters")
    if not isinstance(message, str) or not positional:
        return ask(call, content_of(call))
    values = filled(call, "template_parameters", positional)
    own = {"template_parameters": values, "message": call.text(message, **{POSITIONS: values})}
    return ask(call, content_of(call, own))


NODE = NodeType(
    name="send_whatsapp",
    title="Send WhatsApp message",
    category="communication",
    documentation="Sends a WhatsApp message to the subject.",
    parameters=SendWhatsappParameters,
    effect=Effect.EXTERNAL,
    causes=("message_sent",),
    idempotency="The effect ledger holds the key (execution, node, iteration): what is done is not done again.",
    role=Role.SEND,
    review=review,
    run=run,
)
