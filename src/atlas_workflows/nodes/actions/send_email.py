"""Sends an e-mail to the subject."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Outcome
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import advice, is_blank, missing
from atlas_workflows.nodes.fields import Flag, Mapping, Moment, Name, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import SendParameters
from atlas_workflows.nodes.perform import ask, content_of, filled


class SendEmailParameters(SendParameters):
    subject: Text | None = Field(None, description="Subject line.")
    body: Text | None = Field(None, description="Content; HTML where html says so.")
    html: Flag = Field(True, description="Whether body is HTML.")
    template_id: Name | None = Field(
        None, description="Stored template, instead of or beside subject and body."
    )
    from_name: Text | None = Field(None, description="Sender's name; the organization's where left out.")
    from_email: Text | None = Field(None, description="Sender's address; the organization's where left out.")
    reply_to: Text | None = Field(None, description="Address for answers.")
    cc: list[Text] = Field(default_factory=list, description="Further readers, seen by all.")
    bcc: list[Text] = Field(default_factory=list, description="Further readers, seen by nobody.")
    track_opens: Flag = Field(False, description="Whether opening shall be noticed; nothing notices it yet.")
    track_clicks: Flag = Field(
        False, description="Whether clicks on links shall be noticed; nothing notices them yet."
    )
    send_at: Moment | None = Field(None, description="ISO time or template before which it is not sent.")
    ab_test: Mapping | None = Field(
        None, description="Variants with weights, the measure, and how the winner is chosen."
    )


def review(parameters: SendEmailParameters) -> Iterable[Fault]:
    if not parameters.template_id:
        if is_blank(parameters.subject):
            yield missing("MISSING_EMAIL_SUBJECT", "subject", "The e-mail's subject")
        if is_blank(parameters.body):
            yield missing("MISSING_EMAIL_BODY", "body", "The e-mail's content")
    for field, what in (("track_opens", "opening"), ("track_clicks", "clicks")):
        if getattr(parameters, field) is not False:
            said = f"Nothing notices {what} of this e-mail yet: it is sent as it is."
            yield advice("EMAIL_NOT_TRACKED", field, said, f"Set {field} to false, or live without it.")


def run(call: Call) -> Outcome:
    given = call.node.parameters
    body, html = given.get("body"), filled(call, "html", given.get("html", True))
    own = {"body": call.text(body, escape_html=True)} if isinstance(body, str) and html else {}
    return ask(call, content_of(call, own))


NODE = NodeType(
    name="send_email",
    title="Send e-mail",
    category="communication",
    documentation="Sends an e-mail to the subject.",
    parameters=SendEmailParameters,
    effect=Effect.EXTERNAL,
    causes=("message_sent",),
    idempotency="The effect ledger holds the key (execution, node, iteration), which is also the Message-ID.",
    role=Role.SEND,
    review=review,
    run=run,
)
